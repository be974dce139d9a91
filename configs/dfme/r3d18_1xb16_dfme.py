_base_ = [
    '../_base_/datasets/dfme_clip112.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# Trained on Kinetics, made by the converter hara3d, see README.md.
init_weights = 'weights/r3d18_kinetics.pth'

# Kinetics, as these weights want it.
data_preprocessor = dict(
    mean=(110.8, 103.3, 96.3), std=(70.6, 69.2, 69.8))
model = dict(
    type='FERClassifier',
    backbone=dict(type='R3D', depth=18),
    neck=dict(type='GlobalAveragePooling', dim=3),
    head=dict(
        type='LinearClsHead',
        num_classes=7,
        in_channels=512,
        loss=dict(type='CrossEntropyLoss')))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
