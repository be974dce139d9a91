# A narrow network on moving drawn faces: a trial of clips that needs no data
# and takes minutes on a CPU.
_base_ = [
    '../_base_/models/r3d18.py',
    '../_base_/datasets/synthetic_clips.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

model = dict(
    backbone=dict(base_channels=16),
    head=dict(num_classes=8, in_channels=128))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
param_scheduler = dict(T_max=10)
train_cfg = dict(max_epochs=10)
