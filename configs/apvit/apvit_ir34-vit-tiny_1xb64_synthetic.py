# A small one from random weights.
_base_ = [
    '../_base_/models/apvit_ir50_vit-small.py',
    '../_base_/datasets/synthetic_112px.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(
    backbone=dict(depth=34, unit='tface', base_channels=16),
    neck=dict(
        arch=dict(
            embed_dims=192,
            num_layers=4,
            num_heads=3,
            feedforward_channels=576),
        in_channels=64,
        keep_rates=[1., 1., 0.9, 0.9]),
    head=dict(num_classes=8, in_channels=192))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
