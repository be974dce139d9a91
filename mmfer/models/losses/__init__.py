# Copyright (c) mmfer contributors.
from .add_up_loss import AddUpLoss
from .affinity_loss import AffinityLoss
from .attention_consistency_loss import AttentionConsistencyLoss
from .class_weights import class_weights
from .neighbor_guidance_loss import NeighborGuidanceLoss
from .partition_loss import PartitionLoss
from .rank_regularization_loss import RankRegularizationLoss
from .region_bias_loss import RegionBiasLoss
from .weighted_center_loss import WeightedCenterLoss

__all__ = [
    'AddUpLoss',
    'AffinityLoss',
    'AttentionConsistencyLoss',
    'NeighborGuidanceLoss',
    'PartitionLoss',
    'RankRegularizationLoss',
    'RegionBiasLoss',
    'WeightedCenterLoss',
    'class_weights',
]
