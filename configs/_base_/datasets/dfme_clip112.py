# Sixteen frames from onset to offset, half of them around the rise, RGB.
key_frames = [
    dict(type='OpenClip'),
    dict(type='ApexCentredFrames', num_frames=16),
    dict(type='ReadClip'),
]
resize = dict(type='FaceResize', size=112)
flip = dict(type='FaceFlip', prob=0.5)
train_pipeline = [
    *key_frames,
    dict(type='ClipTransform', transforms=[resize, flip]),
    dict(type='PackClipInputs'),
]
test_pipeline = [
    *key_frames,
    dict(type='ClipTransform', transforms=[resize]),
    dict(type='PackClipInputs'),
]
clips = dict(type='DFME', data_root='data/dfme')
data_preprocessor = dict(type='ClipDataPreprocessor')

train_dataloader = dict(
    batch_size=16,
    num_workers=4,
    collate_fn=dict(type='fer_collate'),
    dataset=dict(split='train', pipeline=train_pipeline, **clips),
    sampler=dict(type='DefaultSampler', shuffle=True))
test = dict(split='test_a', pipeline=test_pipeline, test_mode=True, **clips)
val_dataloader = dict(
    batch_size=16,
    num_workers=4,
    collate_fn=dict(type='fer_collate'),
    dataset=test,
    sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = val_dataloader
val_evaluator = dict(type='FERMetric')
test_evaluator = val_evaluator
