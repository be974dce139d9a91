# One ground on which remedies are compared on a CPU: the first 4,000 faces of
# FERPlus at their own 48 px, 30 % of their majority labels wrong. The models
# take `stride16_scratch` for their backbones.
_base_ = [
    'backbones/stride16_scratch.py',
    'datasets/ferplus_64px.py',
    'schedules/sgd_onecycle_36e.py',
    'default_runtime.py',
]

# From baseline/resnet18_1xb64_ferplus48-warmup.py, see docs/noise.md.
init_weights = 'weights/resnet18_ferplus48-warmup.pth'

optim_wrapper = dict(type='AutocastOptimWrapper', optimizer=dict(lr=0.02))
load, affine, flip, erase, pack = _base_.train_pipeline
train_pipeline = [load, dict(affine, size=48), flip, erase, pack]
load, resize, pack = _base_.test_pipeline
test_pipeline = [load, dict(resize, size=48), pack]
train_dataloader = dict(
    drop_last=True,
    dataset=dict(
        indices=4000,
        noise=dict(type='SymmetricNoise', ratio=0.3, seed=0),
        pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
param_scheduler = dict(eta_max=0.02, total_steps=6)
train_cfg = dict(max_epochs=6, val_interval=6, dynamic_intervals=[(6, 1)])
