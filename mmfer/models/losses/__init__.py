# Copyright (c) mmfer contributors.
from .action_unit_loss import ActionUnitLoss, au_pos_weights
from .add_up_loss import AddUpLoss
from .affinity_loss import AffinityLoss
from .attention_consistency_loss import AttentionConsistencyLoss
from .base_ramped_loss import BaseRampedLoss
from .base_reweighted_loss import BaseReweightedLoss
from .batch_balanced_cross_entropy_loss import BatchBalancedCrossEntropyLoss
from .batch_class_weights import batch_class_weights
from .ccc_loss import CCCLoss
from .class_weights import class_weights
from .cri_loss import CRILoss
from .focal_cross_entropy_loss import FocalCrossEntropyLoss
from .label_margins import label_margins
from .landmark_loss import LandmarkLoss
from .ldam_loss import LDAMLoss
from .logit_adjusted_loss import LogitAdjustedLoss
from .neighbor_guidance_loss import NeighborGuidanceLoss
from .partition_loss import PartitionLoss
from .patch_visibility_loss import PatchVisibilityLoss, window_coverage
from .rank_regularization_loss import RankRegularizationLoss
from .region_bias_loss import RegionBiasLoss
from .soft_label_alignment_loss import SoftLabelAlignmentLoss
from .target_check import guard_losses
from .template_similarity_loss import TemplateSimilarityLoss
from .va_bins import va_bin_counts, va_bin_weights, va_bins
from .weighted_center_loss import WeightedCenterLoss

guard_losses()

__all__ = [
    'ActionUnitLoss',
    'AddUpLoss',
    'AffinityLoss',
    'AttentionConsistencyLoss',
    'BaseRampedLoss',
    'BaseReweightedLoss',
    'BatchBalancedCrossEntropyLoss',
    'CCCLoss',
    'CRILoss',
    'FocalCrossEntropyLoss',
    'LDAMLoss',
    'LandmarkLoss',
    'LogitAdjustedLoss',
    'NeighborGuidanceLoss',
    'PartitionLoss',
    'PatchVisibilityLoss',
    'RankRegularizationLoss',
    'RegionBiasLoss',
    'SoftLabelAlignmentLoss',
    'TemplateSimilarityLoss',
    'WeightedCenterLoss',
    'au_pos_weights',
    'batch_class_weights',
    'class_weights',
    'label_margins',
    'va_bin_counts',
    'va_bin_weights',
    'va_bins',
    'window_coverage',
]
