# One ground on which remedies are compared on a CPU: the first 6,000 faces of
# FERPlus at 64 px, 30 % of their majority labels wrong, random weights. The
# models take `stride16_scratch` for their backbones.
_base_ = [
    'backbones/stride16_scratch.py',
    'datasets/ferplus_64px.py',
    'schedules/sgd_onecycle_36e.py',
    'default_runtime.py',
]

init_weights = 'random'

optim_wrapper = dict(type='AutocastOptimWrapper')
train_dataloader = dict(
    drop_last=True,
    dataset=dict(
        indices=6000, noise=dict(type='SymmetricNoise', ratio=0.3, seed=0)))
param_scheduler = dict(total_steps=12)
train_cfg = dict(max_epochs=12, dynamic_intervals=[(8, 1)])
