# Without relabeling.
_base_ = [
    '../_base_/models/rul_resnet18.py', '../_base_/ferplus_48px_noise30.py'
]

model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256, feat_size=3))
