# Drawn faces with known truth: a ground for trials that take minutes on a CPU.
# The models take `stride16_scratch` for their backbones.
_base_ = [
    'backbones/stride16_scratch.py',
    'datasets/synthetic.py',
    'schedules/adamw_cosine_40e.py',
    'default_runtime.py',
]

# From baseline/resnet18_1xb64_synthetic-warmup.py, see docs/synthetic.md.
init_weights = 'weights/resnet18_synthetic-warmup.pth'

optim_wrapper = dict(type='AutocastOptimWrapper', optimizer=dict(lr=1e-3))
train_dataloader = dict(drop_last=True)
param_scheduler = dict(T_max=12)
train_cfg = dict(max_epochs=12, val_interval=3)
