_base_ = [
    '../_base_/models/akt_resnet18.py', '../_base_/views/weak_strong.py',
    '../_base_/ferplus_dlib-resnet.py'
]

start = _base_.init_weights
init_weights = [start, dict(start, target='branch.backbone')]

# The strong view of the batch is erased.
load, affine, flip, _, pack = _base_.train_pipeline
train_dataloader = dict(dataset=dict(pipeline=[load, affine, flip, pack]))
data_preprocessor = dict(second_view=_base_.strong_view)
model = dict(
    backbone=dict(_base_.dlib_resnet, _delete_=True),
    head=dict(num_classes=8, in_channels=256))
custom_hooks = [*_base_.custom_hooks, dict(type='LossRampHook', length=2)]
