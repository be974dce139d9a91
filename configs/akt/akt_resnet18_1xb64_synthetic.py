_base_ = [
    '../_base_/models/akt_resnet18.py', '../_base_/views/weak_strong.py',
    '../_base_/synthetic_64px.py'
]

weights = _base_.init_weights
init_weights = [
    weights,
    dict(checkpoint=weights, target='branch.backbone', source='backbone'),
]

draw, _, _, pack = _base_.train_pipeline
train_dataloader = dict(dataset=dict(pipeline=[draw, pack]))
data_preprocessor = dict(
    augments=_base_.weak_view, second_view=_base_.strong_view)
model = dict(
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256))
custom_hooks = [*_base_.custom_hooks, dict(type='LossRampHook', length=5)]
