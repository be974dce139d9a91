# ExpW gives whole pictures and a box around each face.
_base_ = ['face224.py']

crop = dict(type='FaceAlign', recipe='box-margin', size=224)
load, _, *augment = _base_.train_pipeline
train_pipeline = [load, crop, *augment]
test_pipeline = [load, crop, _base_.test_pipeline[-1]]

faces = dict(type='ExpW', data_root='data/expw')
train_dataloader = dict(dataset=dict(pipeline=train_pipeline, **faces))
test = dict(pipeline=test_pipeline, **faces)
val_dataloader = dict(dataset=dict(split='valid', **test))
test_dataloader = dict(dataset=dict(split='test', **test))
