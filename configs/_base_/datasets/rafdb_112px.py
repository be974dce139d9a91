# RAF-DB at 112 px, the size that face recognition networks are trained with.
_base_ = ['rafdb.py']

load, resize, flip, _, pack = _base_.train_pipeline
train_pipeline = [
    load,
    dict(type='RandomResizedCrop', scale=112),
    flip,
    pack,
]
test_pipeline = [load, dict(resize, size=112), pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
