_base_ = ['../_base_/models/uapl_resnet18.py', '../_base_/synthetic_64px.py']

data_preprocessor = dict(augments=[_base_.erasing])
model = dict(
    backbone=dict(_base_.stride16_scratch, out_indices=(1, 2)),
    neck=dict(in_channels=(128, 256), out_channels=256),
    head=dict(num_classes=8, in_channels=256))
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='NeighborBankHook',
        file='data/neighbors/synthetic-au_lm.npz',
        space='au_lm',
        start_epoch=4),
]
