# Drawn faces, made long-tailed.
_base_ = [
    '../_base_/models/cri_resnet18.py',
    '../_base_/backbones/stride16_scratch.py',
    '../_base_/datasets/synthetic.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/phased_learning.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256))
data_preprocessor = dict(
    augments=[dict(type='BatchRemix', alpha=1., num_classes=8)])
train_dataloader = dict(
    drop_last=True,
    dataset=dict(
        _delete_=True,
        type='LongTailedDataset',
        imbalance_factor=50,
        dataset=_base_.train_dataloader.dataset))
optim_wrapper = dict(type='AutocastOptimWrapper', optimizer=dict(lr=1e-3))
