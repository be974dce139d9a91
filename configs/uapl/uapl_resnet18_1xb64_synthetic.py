_base_ = [
    '../_base_/models/uapl_resnet18.py',
    '../_base_/datasets/synthetic.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(
    backbone=dict(zero_init_residual=False), head=dict(num_classes=8))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_dataloader = dict(drop_last=True)
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='NeighborBankHook',
        file='data/neighbors/synthetic-au_lm.npz',
        space='au_lm',
        start_epoch=4),
]
