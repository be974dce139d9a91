# Made for a CPU: 468 steps.
_base_ = [
    '../_base_/models/facetoponet_resnet18_narrow.py',
    '../_base_/datasets/synthetic_112px.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/landmark_tree_short.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(head=dict(num_classes=8))

train_dataloader = dict(drop_last=True, dataset=dict(size=5000))
train_cfg = dict(max_epochs=6)
param_scheduler = dict(T_max=6)
optim_wrapper = dict(optimizer=dict(lr=2e-3))
