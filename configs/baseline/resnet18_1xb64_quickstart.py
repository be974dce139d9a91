# Minutes on a CPU: a few thousand small faces from a folder with a CSV.
# Copy it for a data set of your own, see README.md.
_base_ = ['resnet18_1xb64_synthetic.py']

faces = dict(
    _delete_=True,
    type='FERCSV',
    data_root='work_dirs/quickstart/faces',
    label_space='synthetic')
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
train_dataloader = dict(
    dataset=dict(split='train', pipeline=train_pipeline, **faces))
val_dataloader = dict(
    dataset=dict(
        split='valid', pipeline=test_pipeline, test_mode=True, **faces))
test_dataloader = dict(
    dataset=dict(
        split='test', pipeline=test_pipeline, test_mode=True, **faces))

optim_wrapper = dict(type='AutocastOptimWrapper')
param_scheduler = dict(T_max=6)
train_cfg = dict(max_epochs=6)
default_hooks = dict(logger=dict(interval=10))
