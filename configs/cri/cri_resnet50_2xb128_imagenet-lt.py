# The lists of ImageNet-LT (a path and a class in each line) beside ImageNet.
_base_ = [
    'mmpretrain::_base_/datasets/imagenet_bs32.py',
    '../_base_/models/cri_resnet18.py',
    '../_base_/schedules/sgd_cosine_40e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

model = dict(
    backbone=dict(depth=50),
    head=dict(num_classes=1000, in_channels=2048, loss=dict(gamma=1.5)))
data_preprocessor = dict(
    type='FERDataPreprocessor',
    augments=[dict(type='BatchRemix', alpha=1., num_classes=1000)])
pictures = dict(type='CustomDataset', data_root='data/imagenet')
train = dict(
    pictures, ann_file='ImageNet_LT_train.txt', pipeline=_base_.train_pipeline)
test = dict(
    pictures, ann_file='ImageNet_LT_test.txt', pipeline=_base_.test_pipeline)
train_dataloader = dict(batch_size=128, dataset=dict(train, _delete_=True))
val_dataloader = dict(batch_size=128, dataset=dict(test, _delete_=True))
test_dataloader = dict(batch_size=128, dataset=dict(test, _delete_=True))
# Classes in the order of their training samples.
val_evaluator = [
    dict(
        type='FERMetric',
        groups=dict(many=390, medium=445, few=165),
        group_file='data/imagenet/ImageNet_LT_train.txt',
        per_class=False)
]
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(lr=0.1))
param_scheduler = dict(T_max=200)
train_cfg = dict(max_epochs=200)
auto_scale_lr = dict(base_batch_size=256)
# The others of the default runtime ask for faces.
custom_hooks = [
    dict(type='EpochSeedHook'),
    dict(type='InitWeightsHook'),
    dict(type='ClassCountHook'),
    dict(type='PhaseHook', weighting=dict(), mixing=dict()),
]
