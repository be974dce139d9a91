_base_ = ['../pipelines/face224.py']

data_root = 'data/fer2013'
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        type='FER2013',
        data_root=data_root,
        split='train',
        pipeline=_base_.train_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        type='FER2013',
        data_root=data_root,
        split='valid',
        pipeline=_base_.test_pipeline,
        test_mode=True),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='FERMetric')

test_dataloader = dict(
    val_dataloader, dataset=dict(val_dataloader['dataset'], split='test'))
test_evaluator = val_evaluator
