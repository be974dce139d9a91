# Minutes on a CPU: a few thousand small faces from a folder with a CSV.
_base_ = ['resnet18_1xb64_rafdb.py']

init_weights = 'random'
model = dict(
    backbone=dict(zero_init_residual=False), head=dict(num_classes=8))

train_pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceAffine', size=64, shift=0.05, scale=0.1, rotate=10),
    dict(type='FaceFlip', prob=0.5),
    dict(type='PackFERInputs'),
]
test_pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceResize', size=64),
    dict(type='PackFERInputs'),
]
faces = dict(
    type='FERCSV',
    data_root='work_dirs/quickstart/faces',
    label_space='synthetic')
train_dataloader = dict(dataset=dict(pipeline=train_pipeline, **faces))
test = dict(pipeline=test_pipeline, **faces)
val_dataloader = dict(dataset=dict(split='valid', **test))
test_dataloader = dict(dataset=test)

optim_wrapper = dict(
    type='AutocastOptimWrapper',
    optimizer=dict(_delete_=True, type='AdamW', lr=1e-3, weight_decay=0.05))
param_scheduler = dict(T_max=8)
train_cfg = dict(max_epochs=8)
default_hooks = dict(logger=dict(interval=10))
