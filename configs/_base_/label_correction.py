# The run keeps a label bank, which the model of the method has, and corrects
# labels from the tenth epoch.
_base_ = ['default_runtime.py']

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='LabelCorrectionHook', start_epoch=10),
]
