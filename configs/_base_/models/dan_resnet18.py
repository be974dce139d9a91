model = dict(
    type='FERClassifier',
    backbone=dict(type='ResNet', depth=18),
    neck=dict(type='MultiHeadCrossAttention', in_channels=512, num_heads=4),
    head=dict(
        type='AttentionFusionHead',
        num_classes=7,
        in_channels=512,
        affinity=dict(type='AffinityLoss'),
        partition=dict(type='PartitionLoss', form='log_of_mean')))
