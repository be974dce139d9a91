# Faces at 224 px as most papers on expression recognition train them.
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
