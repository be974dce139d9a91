# Drawn faces with known truth, at 64 px; nothing to download.
_base_ = ['face224.py']

train_pipeline = [
    dict(type='DrawSyntheticFace', keep=True),
    dict(type='FaceAffine', shift=0.05, scale=0.1, rotate=10),
    dict(type='FaceFlip', prob=0.5),
    dict(type='PackFERInputs'),
]
test_pipeline = [
    dict(type='DrawSyntheticFace', keep=True),
    dict(type='PackFERInputs'),
]

faces = dict(type='SyntheticFER', image_size=64)
train_dataloader = dict(
    dataset=dict(size=6000, pipeline=train_pipeline, **faces))
test = dict(size=1000, pipeline=test_pipeline, **faces)
val_dataloader = dict(dataset=dict(split='valid', **test))
test_dataloader = dict(dataset=dict(split='test', **test))
val_evaluator = [dict(type='FERMetric'), dict(type='ConfidenceMetric')]
test_evaluator = val_evaluator
