# Trained on packed vote distributions, see docs/packing.md.
_base_ = [
    '../_base_/models/resnet18_stride16_scratch.py',
    '../_base_/datasets/ferplus_64px_packed.py',
    '../_base_/schedules/sgd_onecycle_36e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

model = dict(
    flip_test=True, head=dict(num_classes=8, loss=dict(use_soft=True)))
optim_wrapper = dict(type='AutocastOptimWrapper')
