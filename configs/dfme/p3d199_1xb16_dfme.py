_base_ = ['r3d18_1xb16_dfme.py']

# Trained on Kinetics, made by the converter p3d, see README.md.
init_weights = 'weights/p3d199_kinetics.pth'

crop = dict(type='FaceAlign', recipe='rafdb100', size=160)
train_pipeline = [
    *_base_.key_frames,
    dict(type='ClipTransform', transforms=[crop, _base_.flip]),
    dict(type='PackClipInputs'),
]
test_pipeline = [
    *_base_.key_frames,
    dict(type='ClipTransform', transforms=[crop]),
    dict(type='PackClipInputs'),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

data_preprocessor = dict(
    mean=(123.675, 116.28, 103.53),
    std=(58.395, 57.12, 57.375))
model = dict(
    backbone=dict(_delete_=True, type='P3D', depth=199),
    head=dict(in_channels=2048))
