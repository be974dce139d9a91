# Action units of a network on landmarks, see docs/auxiliary.md.
_base_ = [
    '../_base_/models/uapl_resnet18.py', '../_base_/ferplus_dlib-resnet.py'
]

model = dict(
    backbone=dict(_base_.dlib_resnet, _delete_=True, out_indices=(2, 3)),
    neck=dict(in_channels=(128, 256), out_channels=256),
    head=dict(num_classes=8, in_channels=256))
# Erased as a batch, which records what.
load, affine, flip, _, pack = _base_.train_pipeline
data_preprocessor = dict(augments=[_base_.erasing])
train_dataloader = dict(
    dataset=dict(
        pipeline=[load, affine, flip, pack],
        auxiliary=dict(
            type='CSVLabels',
            path='data/ferplus-landmark-au.csv',
            targets=('au', 'landmarks'),
            detector='landmark-mlp-au_1xb64_synthetic')))
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='NeighborBankHook',
        file='data/neighbors/ferplus-au_lm.npz',
        space='au_lm',
        start_epoch=4),
]
