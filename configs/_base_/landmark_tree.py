# A tree of landmarks that is found anew at the start of each epoch.
_base_ = ['default_runtime.py']

custom_hooks = [*_base_.custom_hooks, dict(type='LandmarkTreeHook')]
