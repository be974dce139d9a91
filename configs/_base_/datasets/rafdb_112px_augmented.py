# Turned, cropped, discoloured and erased, as APViT trains.
_base_ = ['rafdb_112px.py']

load, crop, flip, pack = _base_.train_pipeline
train_pipeline = [
    load,
    dict(type='FaceAffine', rotate=6, prob=0.5),
    dict(crop, crop_ratio_range=(0.8, 1.), aspect_ratio_range=(1., 1.)),
    flip,
    pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
data_preprocessor = dict(augments=[
    dict(type='BatchGray', prob=0.2),
    dict(
        type='BatchColorJitter',
        brightness=0.4,
        contrast=0.4,
        saturation=0.4,
        hue=0.1,
        prob=0.8),
    dict(
        type='BatchErasing',
        max_area_ratio=0.33,
        aspect_range=(0.3, 3.3),
        mode='rand',
        fill_color=(103.53, 116.28, 123.675),
        fill_std=(57.375, 57.12, 58.395)),
])
