# Faces at 224 px as most papers on expression recognition train them. Each
# dataset adds its reader, folder and splits.
train_pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceResize', size=224),
    dict(type='FaceFlip', prob=0.5),
    dict(
        type='RandomErasing',
        erase_prob=0.5,
        min_area_ratio=0.02,
        max_area_ratio=0.25,
        aspect_range=(0.3, 3.3),
        mode='const',
        fill_color=(103.53, 116.28, 123.675)),
    dict(type='PackFERInputs'),
]
test_pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceResize', size=224),
    dict(type='PackFERInputs'),
]
data_preprocessor = dict(type='FERDataPreprocessor')

train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    collate_fn=dict(type='fer_collate'),
    dataset=dict(split='train', pipeline=train_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    collate_fn=dict(type='fer_collate'),
    dataset=dict(pipeline=test_pipeline, test_mode=True),
    sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = val_dataloader
val_evaluator = dict(type='FERMetric')
test_evaluator = val_evaluator
