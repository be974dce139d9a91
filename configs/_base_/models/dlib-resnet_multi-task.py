# Expressions by distributions, action units of synthetic faces, valence and
# arousal; 4.4 million parameters.
model = dict(
    type='FERClassifier',
    # Stem and first stage keep what they know of faces.
    backbone=dict(type='DlibResNet', out_indices=(3, ), frozen_stages=1),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='MultiTaskFERHead',
        num_classes=8,
        in_channels=256,
        task_heads=dict(
            expr=dict(
                type='LinearClsHead',
                loss=dict(type='CrossEntropyLoss', use_soft=True)),
            au=dict(type='AUHead', au_set='synthetic'),
            va=dict(type='VAHead')),
        task_weights=dict(au=0.5, va=0.25)))
