# One of mirror and grey noise, each on a quarter of the faces, before the
# resize, as SCN, RUL and others augment.
_base_ = ['rafdb.py']

load, resize, flip, erase, pack = _base_.train_pipeline
train_pipeline = [
    load,
    dict(
        type='RandomChoice',
        transforms=[[dict(type='FaceFlip', prob=1.0)],
                    [dict(type='FaceGaussianNoise', prob=1.0)], []],
        prob=[0.25, 0.25, 0.5]),
    resize,
    erase,
    pack,
]
train_dataloader = dict(
    drop_last=True, dataset=dict(pipeline=train_pipeline))
