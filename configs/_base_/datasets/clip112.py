# Clips of sixteen frames from onset to offset, half of them around the rise,
# RGB. Eyes and mouth in the onset frame place the crop of all frames;
# tools/dataset_tools/find_faces.py finds them.
key_frames = [
    dict(type='OpenClip'),
    dict(type='ApexCentredFrames', num_frames=16),
    dict(type='ReadClip'),
]
crop = dict(type='FaceAlign', recipe='rafdb100', size=112)
flip = dict(type='FaceFlip', prob=0.5)
train_pipeline = [
    *key_frames,
    dict(type='ClipTransform', transforms=[crop, flip]),
    dict(type='PackClipInputs'),
]
test_pipeline = [
    *key_frames,
    dict(type='ClipTransform', transforms=[crop]),
    dict(type='PackClipInputs'),
]

loader = dict(
    batch_size=16, num_workers=4, collate_fn=dict(type='fer_collate'))
train_dataloader = dict(
    dataset=dict(pipeline=train_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=True),
    **loader)
val_dataloader = dict(
    dataset=dict(pipeline=test_pipeline, test_mode=True),
    sampler=dict(type='DefaultSampler', shuffle=False),
    **loader)
test_dataloader = val_dataloader
val_evaluator = dict(type='FERMetric')
test_evaluator = val_evaluator
