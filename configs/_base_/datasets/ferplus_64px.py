# FERPlus at 64 px, near its native 48, for training from scratch on a CPU.
_base_ = ['ferplus.py']

train_pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceAffine', size=64, shift=0.1, scale=0.15, rotate=15),
    dict(type='FaceFlip', prob=0.5),
    dict(
        type='RandomErasing',
        erase_prob=0.5,
        min_area_ratio=0.02,
        max_area_ratio=0.25,
        aspect_range=(0.3, 3.3),
        mode='const',
        fill_color=(128, 128, 128)),
    dict(type='PackFERInputs'),
]
test_pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceResize', size=64),
    dict(type='PackFERInputs'),
]
# The pictures are grey.
data_preprocessor = dict(
    mean=(128, 128, 128), std=(64, 64, 64), to_rgb=False)

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=128, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
