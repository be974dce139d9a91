# With DAN's neck and head: the confidence block scales the logits of several
# attentions. It and the other tasks take the pooled map, the first thing that
# the neck gives.
_base_ = ['mtac_resnet18_1xb64_rafdb.py']

model = dict(
    neck=dict(
        _delete_=True,
        type='MultiHeadCrossAttention',
        in_channels=512,
        num_heads=4),
    head=dict(
        task_heads=dict(
            expr=dict(
                feat_index=0,
                head=dict(
                    type='AttentionFusionHead',
                    affinity=dict(type='AffinityLoss'),
                    partition=dict(
                        type='PartitionLoss', form='log_of_mean'))),
            au=dict(feat_index=0),
            va=dict(feat_index=0),
            template=dict(feat_index=0))))
