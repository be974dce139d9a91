# Drawn faces, made long-tailed.
_base_ = ['../_base_/models/cri_resnet18.py', '../_base_/synthetic_64px.py']

model = dict(
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256))
data_preprocessor = dict(
    augments=[dict(type='BatchRemix', alpha=1., num_classes=8)])
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='LongTailedDataset',
        imbalance_factor=50,
        dataset=_base_.train_dataloader.dataset))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='ClassCountHook'),
    dict(type='PhaseHook', weighting=dict(), mixing=dict(power=3.)),
]
