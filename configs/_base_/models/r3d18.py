model = dict(
    type='FERClassifier',
    backbone=dict(type='R3D', depth=18),
    neck=dict(type='GlobalAveragePooling', dim=3),
    head=dict(
        type='LinearClsHead',
        num_classes=7,
        in_channels=512,
        loss=dict(type='CrossEntropyLoss')))
