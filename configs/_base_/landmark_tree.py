# A tree of landmarks that is found anew at the start of each epoch, and a
# stop where no landmark is known.
_base_ = ['default_runtime.py']

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='KnownLandmarksHook'),
    dict(type='LandmarkTreeHook'),
]
