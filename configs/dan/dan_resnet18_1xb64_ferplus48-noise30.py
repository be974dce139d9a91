_base_ = [
    '../_base_/models/dan_resnet18.py', '../_base_/ferplus_48px_noise30.py'
]

model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    neck=dict(in_channels=256),
    head=dict(num_classes=8, in_channels=256))
