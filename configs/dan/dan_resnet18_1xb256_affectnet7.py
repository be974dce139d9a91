_base_ = ['dan_resnet18_1xb256_rafdb.py']

load, resize, flip, _, erase, pack = _base_.train_pipeline
move = dict(
    type='FaceAffine', rotate=20, shift=0.2, scale=(0.8, 1.0), prob=0.7)
train_pipeline = [
    load, resize, flip, move,
    dict(erase, max_area_ratio=0.33), pack
]
faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(
    dataset=dict(pipeline=train_pipeline, **faces),
    sampler=dict(_delete_=True, type='ClassBalancedSampler'))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))

optim_wrapper = dict(optimizer=dict(_delete_=True, type='Adam', lr=1e-4))
param_scheduler = dict(
    _delete_=True, type='ExponentialLR', gamma=0.6, by_epoch=True)
train_cfg = dict(max_epochs=10)
