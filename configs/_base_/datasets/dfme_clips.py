# DFME as clips of 16 frames, 112 px, ten subject-disjoint folds. The frames
# are raw: align or crop them first, see docs/clips.md.
train_pipeline = [
    dict(type='OpenClip'),
    dict(type='ApexCentredFrames', num_frames=16),
    dict(type='ReadClip'),
    dict(
        type='ClipTransform',
        transforms=[
            dict(type='FaceResize', size=112),
            dict(type='FaceAffine', shift=0.05, scale=0.1, rotate=10),
            dict(type='FaceFlip', prob=0.5),
        ]),
    dict(type='PackClipInputs'),
]
test_pipeline = [
    dict(type='OpenClip'),
    dict(type='ApexCentredFrames', num_frames=16),
    dict(type='ReadClip'),
    dict(
        type='ClipTransform', transforms=[dict(type='FaceResize', size=112)]),
    dict(type='PackClipInputs'),
]
data_preprocessor = dict(type='ClipDataPreprocessor')

clips = dict(type='DFME', data_root='data/dfme', protocol='folds')
loader = dict(
    batch_size=32, num_workers=2, collate_fn=dict(type='fer_collate'))
train_dataloader = dict(
    dataset=dict(split='train', pipeline=train_pipeline, **clips),
    sampler=dict(type='DefaultSampler', shuffle=True),
    **loader)
val_dataloader = dict(
    dataset=dict(
        split='test', pipeline=test_pipeline, test_mode=True, **clips),
    sampler=dict(type='DefaultSampler', shuffle=False),
    **loader)
test_dataloader = val_dataloader
val_evaluator = test_evaluator = dict(type='MicroExpressionMetric')
