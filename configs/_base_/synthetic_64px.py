# Drawn faces with known truth: a ground for trials that take minutes on a CPU,
# from random weights. The models take `stride16_scratch` for their backbones.
_base_ = [
    'backbones/stride16_scratch.py',
    'datasets/synthetic.py',
    'schedules/adamw_cosine_40e.py',
    'default_runtime.py',
]

init_weights = 'random'

optim_wrapper = dict(type='AutocastOptimWrapper', optimizer=dict(lr=1e-3))
train_dataloader = dict(drop_last=True)
param_scheduler = dict(T_max=12)
train_cfg = dict(max_epochs=12, val_interval=3)
