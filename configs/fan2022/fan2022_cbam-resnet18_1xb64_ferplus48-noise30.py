_base_ = [
    '../_base_/models/fan2022_cbam-resnet18.py',
    '../_base_/ferplus_48px_noise30.py'
]

init_weights = dict(
    _delete_=True,
    checkpoint=_base_.init_weights,
    fresh=['cbam'])

model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256, feat_size=3))
custom_hooks = [*_base_.custom_hooks, dict(type='ClassCountHook')]
