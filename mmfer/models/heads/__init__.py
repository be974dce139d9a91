# Copyright (c) mmfer contributors.
from .attention_consistency_head import AttentionConsistencyHead
from .attention_fusion_head import AttentionFusionHead
from .au_graph_head import AUGraphHead
from .au_head import AUHead
from .base_au_head import BaseAUHead
from .base_auxiliary_head import BaseAuxiliaryHead
from .base_fer_head import BaseFERHead
from .class_attention_head import ClassAttentionHead
from .class_evidence_head import ClassEvidenceHead
from .cosine_head import CosineHead
from .deep_supervision_head import DeepSupervisionHead
from .distribution_calibration_head import DistributionCalibrationHead
from .importance_head import ImportanceHead
from .landmark_head import LandmarkHead
from .logits_head import LogitsHead, build_expression_head
from .multi_task_fer_head import MultiTaskFERHead
from .template_head import TemplateHead
from .uncertainty_mixing_head import UncertaintyMixingHead
from .va_head import VAHead

__all__ = [
    'AUGraphHead',
    'AUHead',
    'AttentionConsistencyHead',
    'AttentionFusionHead',
    'BaseAUHead',
    'BaseAuxiliaryHead',
    'BaseFERHead',
    'ClassAttentionHead',
    'ClassEvidenceHead',
    'CosineHead',
    'DeepSupervisionHead',
    'DistributionCalibrationHead',
    'ImportanceHead',
    'LandmarkHead',
    'LogitsHead',
    'MultiTaskFERHead',
    'TemplateHead',
    'UncertaintyMixingHead',
    'VAHead',
    'build_expression_head',
]
