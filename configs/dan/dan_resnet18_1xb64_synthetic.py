_base_ = ['../_base_/models/dan_resnet18.py', '../_base_/synthetic_64px.py']

model = dict(
    backbone=_base_.stride16_scratch,
    neck=dict(in_channels=256),
    head=dict(num_classes=8, in_channels=256))
