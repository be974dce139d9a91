# Drawn faces with known truth, at 112 px; nothing to download.
train_pipeline = [
    dict(type='DrawSyntheticFace'),
    dict(type='FaceAffine', shift=0.05, scale=0.1, rotate=10),
    dict(type='FaceFlip', prob=0.5),
    dict(type='PackFERInputs'),
]
test_pipeline = [
    dict(type='DrawSyntheticFace'),
    dict(type='PackFERInputs'),
]
data_preprocessor = dict(type='FERDataPreprocessor')

train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        type='SyntheticFER', size=10000, split='train',
        pipeline=train_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        type='SyntheticFER',
        size=2000,
        split='valid',
        pipeline=test_pipeline,
        test_mode=True),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='FERMetric')

test_dataloader = dict(
    batch_size=64,
    num_workers=2,
    dataset=dict(
        type='SyntheticFER',
        size=2000,
        split='test',
        pipeline=test_pipeline,
        test_mode=True),
    sampler=dict(type='DefaultSampler', shuffle=False))
test_evaluator = val_evaluator
