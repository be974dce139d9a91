# The run keeps templates of the classes and a label bank, which the model of
# the method has, and corrects labels from the tenth epoch.
_base_ = ['default_runtime.py']

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='TemplateHook'),
    dict(type='LabelCorrectionHook', start_epoch=10),
]
