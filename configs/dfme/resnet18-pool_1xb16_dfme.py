# Any image backbone reads clips: each frame alone, features pooled over time.
_base_ = ['r3d18_1xb16_dfme.py']

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = dict(
    _delete_=True,
    checkpoint='weights/resnet18_msceleb.pth', target='backbone.backbone')

data_preprocessor = dict(
    mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
model = dict(
    backbone=dict(
        _delete_=True,
        type='FramePooling',
        backbone=dict(type='ResNet', depth=18)),
    neck=dict(_delete_=True, type='GlobalAveragePooling'))
