# Copyright (c) mmfer contributors.
from .cbam import CBAM
from .cross_attention_head import CrossAttentionHead
from .feature_branch import FeatureBranch
from .feature_map import feature_map
from .linear_confidence import LinearConfidence
from .one_hot import one_hot
from .similarity_confidence import SimilarityConfidence
from .uncertainty_mixing import draw_partners, mix, mixing_weights

__all__ = [
    'CBAM',
    'CrossAttentionHead',
    'FeatureBranch',
    'LinearConfidence',
    'SimilarityConfidence',
    'draw_partners',
    'feature_map',
    'mix',
    'mixing_weights',
    'one_hot',
]
