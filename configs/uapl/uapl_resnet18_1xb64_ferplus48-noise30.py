# Neighbours by landmarks and by the action units that a network which has seen
# drawn faces only tells from these; see docs/noise.md.
_base_ = [
    '../_base_/models/uapl_resnet18.py', '../_base_/ferplus_48px_noise30.py'
]

model = dict(
    flip_test=True,
    backbone=dict(_base_.stride16_scratch, out_indices=(1, 2)),
    neck=dict(
        in_channels=(128, 256), out_channels=256, patches='overlap5'),
    # As it was measured: for wrong labels, not for occlusion.
    head=dict(num_classes=8, in_channels=256, visibility=None))
train_dataloader = dict(
    dataset=dict(
        auxiliary=dict(
            type='CSVLabels',
            path='data/ferplus-landmark-au.csv',
            targets=('au', 'landmarks'),
            detector='landmark-mlp-au_1xb64_synthetic')))
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='NeighborBankHook',
        file='data/neighbors/ferplus48-au_lm.npz',
        space='au_lm',
        start_epoch=3),
]
