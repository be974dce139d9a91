# Copyright (c) mmfer contributors.
from .attention_consistency_head import AttentionConsistencyHead
from .attention_fusion_head import AttentionFusionHead
from .base_fer_head import BaseFERHead
from .distribution_calibration_head import DistributionCalibrationHead
from .importance_head import ImportanceHead
from .uncertainty_mixing_head import UncertaintyMixingHead

__all__ = [
    'AttentionConsistencyHead',
    'AttentionFusionHead',
    'BaseFERHead',
    'DistributionCalibrationHead',
    'ImportanceHead',
    'UncertaintyMixingHead',
]
