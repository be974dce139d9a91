# Drawn faces that move from onset to apex to offset, at 64 px, as eight
# differences to the onset; nothing to download.
key_frames = [
    dict(type='OpenSyntheticClip', num_frames=16),
    dict(type='UniformFrames', num_frames=9),
    dict(type='ReadClip'),
]
train_pipeline = [
    *key_frames,
    dict(
        type='ClipTransform',
        transforms=[
            dict(type='FaceAffine', shift=0.05, scale=0.1, rotate=10),
            dict(type='FaceFlip', prob=0.5),
        ]),
    dict(type='OnsetDifference'),
    dict(type='PackClipInputs'),
]
test_pipeline = [
    *key_frames,
    dict(type='OnsetDifference'),
    dict(type='PackClipInputs'),
]
data_preprocessor = dict(
    type='ClipDataPreprocessor', mean=(0, 0, 0), std=(30, 30, 30))

faces = dict(type='SyntheticFER', image_size=64)
loader = dict(
    batch_size=16, num_workers=2, collate_fn=dict(type='fer_collate'))
train_dataloader = dict(
    dataset=dict(
        size=1000, split='train', pipeline=train_pipeline, **faces),
    sampler=dict(type='DefaultSampler', shuffle=True),
    **loader)
test = dict(size=300, pipeline=test_pipeline, test_mode=True, **faces)
val_dataloader = dict(
    dataset=dict(split='valid', **test),
    sampler=dict(type='DefaultSampler', shuffle=False),
    **loader)
test_dataloader = dict(
    dataset=dict(split='test', **test),
    sampler=dict(type='DefaultSampler', shuffle=False),
    **loader)
val_evaluator = test_evaluator = dict(type='MicroExpressionMetric')
