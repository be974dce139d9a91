_base_ = ['../_base_/ferplus_64px_noise30.py']

model = dict(
    neck=dict(
        _delete_=True,
        type='MultiHeadCrossAttention',
        in_channels=256,
        num_heads=4),
    head=dict(
        _delete_=True,
        type='AttentionFusionHead',
        num_classes=8,
        in_channels=256,
        affinity=dict(type='AffinityLoss'),
        partition=dict(type='PartitionLoss', form='log_of_mean')))
