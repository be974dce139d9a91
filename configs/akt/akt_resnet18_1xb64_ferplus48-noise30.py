_base_ = [
    '../_base_/models/akt_resnet18.py', '../_base_/views/weak_strong.py',
    '../_base_/ferplus_48px_noise30.py'
]

weights = _base_.init_weights
init_weights = [
    weights,
    dict(checkpoint=weights, target='branch.backbone', source='backbone'),
]

# The weak view is that of this ground without its erasing, which the strong
# view has.
load, affine, flip, _, pack = _base_.train_pipeline
train_dataloader = dict(
    dataset=dict(pipeline=[load, affine, flip, pack]))
data_preprocessor = dict(second_view=_base_.strong_view)
model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256))
custom_hooks = [*_base_.custom_hooks, dict(type='LossRampHook', length=3)]
