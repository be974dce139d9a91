# Pictures without faces, as in the authors' code: long-tailed CIFAR-10.
_base_ = [
    'mmpretrain::_base_/datasets/cifar10_bs16.py',
    '../_base_/models/cri_resnet18.py',
    '../_base_/schedules/sgd_step_200e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

model = dict(
    backbone=dict(_delete_=True, type='ThinResNet', depth=32),
    head=dict(num_classes=10, in_channels=64))
data_preprocessor = dict(
    type='FERDataPreprocessor',
    augments=[dict(type='BatchRemix', alpha=1., num_classes=10)])
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        _delete_=True,
        type='LongTailedDataset',
        imbalance_factor=100,
        dataset=_base_.train_dataloader.dataset))
val_dataloader = dict(batch_size=128)
test_dataloader = dict(batch_size=128)
val_evaluator = [
    dict(
        type='FERMetric',
        groups=dict(many=(0, 1, 2), medium=(3, 4, 5, 6), few=(7, 8, 9)))
]
test_evaluator = val_evaluator
# The others of the default runtime ask for faces.
custom_hooks = [
    dict(type='EpochSeedHook'),
    dict(type='InitWeightsHook'),
    dict(type='ClassCountHook'),
    dict(type='PhaseHook', weighting=dict(), mixing=dict(power=3.)),
]
