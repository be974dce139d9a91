# ExpW gives whole pictures and a box around each face.
_base_ = ['../pipelines/face224.py']

crop = dict(type='FaceAlign', recipe='box-margin', size=224)
train_pipeline = [
    _base_.train_pipeline[0], crop, *_base_.train_pipeline[2:]
]
test_pipeline = [_base_.test_pipeline[0], crop, _base_.test_pipeline[2]]

data_root = 'data/expw'
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        type='ExpW',
        data_root=data_root,
        split='train',
        pipeline=train_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        type='ExpW',
        data_root=data_root,
        split='valid',
        pipeline=test_pipeline,
        test_mode=True),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='FERMetric')

test_dataloader = dict(
    val_dataloader, dataset=dict(val_dataloader['dataset'], split='test'))
test_evaluator = val_evaluator
