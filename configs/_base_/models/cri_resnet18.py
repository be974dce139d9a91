model = dict(
    type='FERClassifier',
    backbone=dict(type='ResNet', depth=18),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='CosineHead',
        num_classes=7,
        in_channels=512,
        loss=dict(type='CRILoss')))
