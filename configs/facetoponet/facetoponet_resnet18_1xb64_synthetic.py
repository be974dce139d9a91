# Made for a CPU: 468 steps, narrow networks, patches of 16 px.
_base_ = [
    '../_base_/models/facetoponet_resnet18.py',
    '../_base_/datasets/synthetic_112px.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/landmark_tree.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

# Both directions together are as wide as one elsewhere.
lstm = dict(hidden_channels=128, bidirectional=True)
texture = dict(
    backbone=dict(
        base_channels=16, stem_channels=16, zero_init_residual=False),
    in_channels=128,
    patch_size=16,
    **lstm)
model = dict(
    backbone=dict(streams=dict(structure=lstm, texture=texture)),
    head=dict(num_classes=8))

train_dataloader = dict(drop_last=True, dataset=dict(size=5000))
train_cfg = dict(max_epochs=6)
param_scheduler = dict(T_max=6)
optim_wrapper = dict(optimizer=dict(lr=2e-3))

# A short run: the tree is found anew every 20 steps, and kept at last.
custom_hooks = [
    *(hook for hook in _base_.custom_hooks
      if hook['type'] != 'LandmarkTreeHook'),
    dict(type='LandmarkTreeHook', interval=20, until=0.5),
]
