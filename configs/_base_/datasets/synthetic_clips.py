# Drawn faces that move from onset to apex to offset, 16 frames at 112 px;
# nothing to download.
train_pipeline = [
    dict(type='OpenSyntheticClip', num_frames=32),
    dict(type='UniformFrames', num_frames=16),
    dict(type='ReadClip'),
    dict(
        type='ClipTransform',
        transforms=[
            dict(type='FaceAffine', shift=0.05, scale=0.1, rotate=10),
            dict(type='FaceFlip', prob=0.5),
        ]),
    dict(type='PackClipInputs'),
]
test_pipeline = [
    dict(type='OpenSyntheticClip', num_frames=32),
    dict(type='UniformFrames', num_frames=16),
    dict(type='ReadClip'),
    dict(type='PackClipInputs'),
]
data_preprocessor = dict(type='ClipDataPreprocessor')

faces = dict(type='SyntheticFER', image_size=112)
loader = dict(
    batch_size=16, num_workers=2, collate_fn=dict(type='fer_collate'))
train_dataloader = dict(
    dataset=dict(
        size=2000, split='train', pipeline=train_pipeline, **faces),
    sampler=dict(type='DefaultSampler', shuffle=True),
    **loader)
test = dict(size=500, pipeline=test_pipeline, test_mode=True, **faces)
val_dataloader = dict(
    dataset=dict(split='valid', **test),
    sampler=dict(type='DefaultSampler', shuffle=False),
    **loader)
test_dataloader = dict(
    dataset=dict(split='test', **test),
    sampler=dict(type='DefaultSampler', shuffle=False),
    **loader)
val_evaluator = test_evaluator = dict(type='MicroExpressionMetric')
