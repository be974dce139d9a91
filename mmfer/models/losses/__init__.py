# Copyright (c) mmfer contributors.
from .add_up_loss import AddUpLoss
from .affinity_loss import AffinityLoss
from .attention_consistency_loss import AttentionConsistencyLoss
from .class_weights import class_weights
from .partition_loss import PartitionLoss
from .rank_regularization_loss import RankRegularizationLoss

__all__ = [
    'AddUpLoss',
    'AffinityLoss',
    'AttentionConsistencyLoss',
    'PartitionLoss',
    'RankRegularizationLoss',
    'class_weights',
]
