_base_ = [
    '../_base_/models/eac_resnet50.py', '../_base_/ferplus_48px_noise30.py'
]

# Each view is erased by itself, the released code's way for noisy labels.
load, affine, _, erase, pack = _base_.train_pipeline
mirror = dict(type='FaceFlip', prob=1.0)
views = dict(type='FaceViews', views=[[erase], [mirror, erase]])
train_dataloader = dict(dataset=dict(pipeline=[load, affine, views, pack]))
model = dict(
    flip_test=True,
    mirror_view=False,
    backbone=dict(type='ResNet', depth=18, **_base_.stride16_scratch),
    head=dict(num_classes=8, in_channels=256))
