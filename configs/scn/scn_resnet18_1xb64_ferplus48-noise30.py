_base_ = [
    '../_base_/models/scn_resnet18.py', '../_base_/ferplus_48px_noise30.py'
]

model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256),
    label_bank=dict(num_classes=8))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='LabelCorrectionHook', start_epoch=3),
]
