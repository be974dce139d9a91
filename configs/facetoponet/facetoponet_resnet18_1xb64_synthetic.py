# Made for a CPU: 1,404 steps.
_base_ = [
    '../_base_/models/facetoponet_resnet18_narrow.py',
    '../_base_/datasets/synthetic_112px.py',
    '../_base_/landmark_tree.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(head=dict(num_classes=8))

train_dataloader = dict(drop_last=True, dataset=dict(size=5000))
train_cfg = dict(max_epochs=18)
param_scheduler = dict(T_max=18)
optim_wrapper = dict(optimizer=dict(lr=2e-3))
