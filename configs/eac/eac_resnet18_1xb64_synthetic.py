_base_ = ['../_base_/models/eac_resnet50.py', '../_base_/synthetic_64px.py']

# The second view is the mirror of the first: no other mirroring.
draw, affine, _, pack = _base_.train_pipeline
train_dataloader = dict(dataset=dict(pipeline=[draw, affine, pack]))
model = dict(
    backbone=dict(type='ResNet', depth=18, **_base_.stride16_scratch),
    head=dict(num_classes=8, in_channels=256))
