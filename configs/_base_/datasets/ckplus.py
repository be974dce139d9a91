# CK+ gives whole pictures; its landmarks place the face.
_base_ = ['face224.py']

crop = dict(type='FaceAlign', recipe='rafdb100', size=224)
load, _, *augment = _base_.train_pipeline
train_pipeline = [load, crop, *augment]
test_pipeline = [load, crop, _base_.test_pipeline[-1]]

faces = dict(
    type='CKPlus', data_root='data/ckplus', label_space='ckplus7', fold=0)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline, **faces))
test = dict(split='test', pipeline=test_pipeline, **faces)
val_dataloader = dict(dataset=test)
test_dataloader = dict(dataset=test)
