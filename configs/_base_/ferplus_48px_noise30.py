# One ground on which remedies are compared on a CPU: the first 4,000 faces of
# FERPlus at their own 48 px, 30 % of their majority labels wrong, random
# weights. The models take `stride16_scratch` for their backbones.
_base_ = [
    'backbones/stride16_scratch.py',
    'datasets/ferplus_64px.py',
    'schedules/sgd_onecycle_36e.py',
    'default_runtime.py',
]

init_weights = 'random'

optim_wrapper = dict(type='AutocastOptimWrapper')
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
param_scheduler = dict(total_steps=12)
train_cfg = dict(max_epochs=12, dynamic_intervals=[(10, 1)])
