_base_ = [
    '../_base_/models/resnet18.py',
    '../_base_/datasets/ferplus_64px.py',
    '../_base_/schedules/adamw_onecycle_24e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

# Blocks that start as the identity keep random weights on the plateau of
# the class frequencies longer.
model = dict(
    backbone=dict(zero_init_residual=False),
    flip_test=True,
    head=dict(num_classes=8))
optim_wrapper = dict(type='AutocastOptimWrapper')
