_base_ = [
    '../_base_/models/scn_resnet18.py',
    '../_base_/datasets/synthetic.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/label_correction.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(
    backbone=dict(zero_init_residual=False),
    head=dict(num_classes=8),
    label_bank=dict(num_classes=8))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
