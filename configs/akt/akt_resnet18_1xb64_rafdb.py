_base_ = [
    '../_base_/models/akt_resnet18.py',
    '../_base_/views/weak_strong.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/adam_exp_60e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M for both networks, see
# ../baseline/README.md.
weights = 'weights/resnet18_msceleb.pth'
init_weights = [
    weights,
    dict(checkpoint=weights, target='branch.backbone', source='backbone'),
]

load, resize, _, _, pack = _base_.train_pipeline
train_dataloader = dict(dataset=dict(pipeline=[load, resize, pack]))
data_preprocessor = dict(
    augments=_base_.weak_view, second_view=_base_.strong_view)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'head.fc': dict(lr_mult=10)}))
custom_hooks = [*_base_.custom_hooks, dict(type='LossRampHook', length=5)]
