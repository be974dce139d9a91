# Copyright (c) mmfer contributors.
from .au_adjacency import AUAdjacency
from .cbam import CBAM
from .classifier_graph import ClassifierGraph
from .cross_attention_head import CrossAttentionHead
from .feature_branch import FeatureBranch
from .feature_map import feature_map
from .graph_convolution import GraphConvolution
from .image_node_graph import ImageNodeGraph
from .linear_confidence import LinearConfidence
from .one_hot import one_hot
from .pooled_feature import pooled_feature
from .similarity_confidence import SimilarityConfidence
from .uncertainty_mixing import draw_partners, mix, mixing_weights

__all__ = [
    'AUAdjacency',
    'CBAM',
    'ClassifierGraph',
    'CrossAttentionHead',
    'FeatureBranch',
    'GraphConvolution',
    'ImageNodeGraph',
    'LinearConfidence',
    'SimilarityConfidence',
    'draw_partners',
    'feature_map',
    'mix',
    'mixing_weights',
    'one_hot',
    'pooled_feature',
]
