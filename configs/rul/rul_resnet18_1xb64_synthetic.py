_base_ = ['../_base_/models/rul_resnet18.py', '../_base_/synthetic_64px.py']

model = dict(
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256, feat_size=4))
