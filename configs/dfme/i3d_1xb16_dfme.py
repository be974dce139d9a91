_base_ = ['r3d18_1xb16_dfme.py']

# Trained on Kinetics, made by the converter i3d, see README.md.
init_weights = 'weights/i3d_kinetics.pth'

crop = dict(type='FaceAlign', recipe='rafdb100', size=224)
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
    mean=(127.5, 127.5, 127.5),
    std=(127.5, 127.5, 127.5))
model = dict(
    backbone=dict(_delete_=True, type='I3D'),
    head=dict(in_channels=1024))
