_base_ = [
    '../_base_/models/eac_resnet50.py',
    '../_base_/datasets/synthetic.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(
    backbone=dict(_delete_=True, type='ResNet', depth=18),
    head=dict(in_channels=512, num_classes=8))
# The second view is the mirror of the first: no other mirroring.
draw, affine, _, pack = _base_.train_pipeline
train_pipeline = [draw, affine, pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
