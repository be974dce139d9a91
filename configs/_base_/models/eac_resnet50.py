model = dict(
    type='FERClassifier',
    mirror_view=True,
    backbone=dict(type='CeilPoolResNet', depth=50),
    head=dict(
        type='AttentionConsistencyHead',
        num_classes=7,
        in_channels=2048,
        consistency=dict(type='AttentionConsistencyLoss', loss_weight=5.0)))
