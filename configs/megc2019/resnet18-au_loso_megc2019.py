# Action units of the apex frame beside expressions, made for a CPU.
_base_ = [
    '../_base_/backbones/stride16_scratch.py',
    '../_base_/models/resnet18.py',
    '../_base_/datasets/ferplus_64px.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# From baseline/resnet18_1xb64_ferplus48-warmup.py, see docs/noise.md.
init_weights = 'weights/resnet18_ferplus48-warmup.pth'

model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(
        _delete_=True,
        type='MultiTaskFERHead',
        num_classes=3,
        in_channels=256,
        task_heads=dict(
            expr=dict(type='LinearClsHead'),
            au=dict(type='AUHead', au_set='casme2'))))

# Grey, as the faces of the start.
grey = dict(type='RandomGrayscale', prob=1., keep_channels=True)
load, affine, flip, erase, pack = _base_.train_pipeline
apex = dict(
    _delete_=True, type='MEGC2019', data_root='data/megc2019',
    picture='apex_img')
train_dataloader = dict(
    dataset=dict(
        split='train', pipeline=[load, grey, affine, flip, pack], **apex))
load, resize, pack = _base_.test_pipeline
test = dict(
    split='test', pipeline=[load, grey, resize, pack], test_mode=True, **apex)
val_dataloader = dict(dataset=test)
test_dataloader = dict(dataset=test)
# The threshold with the best F1 is half of that F1.
val_evaluator = [dict(type='FERMetric'), dict(type='AUMetric', threshold=.25)]
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=30, val_interval=30)
param_scheduler = dict(T_max=30)
optim_wrapper = dict(type='AutocastOptimWrapper', optimizer=dict(lr=1e-3))
