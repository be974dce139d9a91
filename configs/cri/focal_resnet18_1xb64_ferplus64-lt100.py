_base_ = [
    '../_base_/models/resnet18.py', '../_base_/ferplus_64px_longtail.py'
]

model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(
        num_classes=8,
        in_channels=256,
        init_cfg=[],
        loss=dict(type='FocalCrossEntropyLoss')))
custom_hooks = [*_base_.custom_hooks, dict(type='ClassCountHook')]
