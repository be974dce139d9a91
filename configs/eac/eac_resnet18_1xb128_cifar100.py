# Pictures without faces: the same head and loss on CIFAR-100.
_base_ = [
    'mmpretrain::_base_/datasets/cifar100_bs16.py',
    '../_base_/schedules/sgd_cosine_40e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

# The second view is the mirror of the first: no other mirroring.
crop, _, pack = _base_.train_pipeline
erase = dict(type='RandomErasing', max_area_ratio=0.25)
model = dict(
    type='FERClassifier',
    mirror_view=True,
    backbone=dict(type='ResNet_CIFAR', depth=18),
    head=dict(
        type='AttentionConsistencyHead', num_classes=100, in_channels=512))
train_dataloader = dict(
    batch_size=128, dataset=dict(pipeline=[crop, erase, pack]))
optim_wrapper = dict(optimizer=dict(lr=0.1))
default_hooks = dict(checkpoint=dict(save_best='accuracy/top1'))
# The others ask for faces.
custom_hooks = [dict(type='EpochSeedHook'), dict(type='InitWeightsHook')]
