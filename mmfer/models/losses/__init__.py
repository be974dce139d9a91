# Copyright (c) mmfer contributors.
from .add_up_loss import AddUpLoss
from .affinity_loss import AffinityLoss
from .attention_consistency_loss import AttentionConsistencyLoss
from .batch_balanced_cross_entropy_loss import BatchBalancedCrossEntropyLoss
from .batch_class_weights import batch_class_weights
from .class_weights import class_weights
from .partition_loss import PartitionLoss
from .rank_regularization_loss import RankRegularizationLoss
from .template_similarity_loss import TemplateSimilarityLoss

__all__ = [
    'AddUpLoss',
    'AffinityLoss',
    'AttentionConsistencyLoss',
    'BatchBalancedCrossEntropyLoss',
    'PartitionLoss',
    'RankRegularizationLoss',
    'TemplateSimilarityLoss',
    'batch_class_weights',
    'class_weights',
]
