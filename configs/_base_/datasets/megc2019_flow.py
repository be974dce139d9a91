# MEGC 2019 as flow pictures (u, v, strain) from onset to apex, 28 px. Made
# for tools/cross_validate.py; by itself it is the first of ten folds.
pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceResize', size=28),
    dict(type='PackFERInputs'),
]
data_preprocessor = dict(
    type='FERDataPreprocessor', mean=[0, 0, 0], std=[1, 1, 1])

clips = dict(type='MEGC2019', data_root='data/megc2019', pipeline=pipeline)
train_dataloader = dict(
    batch_size=256,
    num_workers=0,
    collate_fn=dict(type='fer_collate'),
    dataset=dict(split='train', **clips),
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=256,
    num_workers=0,
    collate_fn=dict(type='fer_collate'),
    dataset=dict(split='test', test_mode=True, **clips),
    sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = val_dataloader
val_evaluator = dict(type='MicroExpressionMetric')
test_evaluator = val_evaluator
