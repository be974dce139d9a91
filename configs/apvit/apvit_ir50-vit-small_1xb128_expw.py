# ExpW gives whole pictures and a box around each face.
_base_ = ['apvit_ir50-vit-small_1xb128_rafdb.py']

load, *augment = _base_.train_pipeline
crop = dict(type='FaceAlign', recipe='box-margin', size=112)
faces = dict(type='ExpW', data_root='data/expw', label_space=None)
train_dataloader = dict(
    dataset=dict(dataset=dict(pipeline=[load, crop, *augment], **faces)))
test = dict(pipeline=[load, crop, _base_.test_pipeline[-1]], **faces)
val_dataloader = dict(dataset=dict(split='valid', **test))
test_dataloader = dict(dataset=dict(split='test', **test))
