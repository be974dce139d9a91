# Copyright (c) mmfer contributors.
from .attention_pooling import AttentionPooling
from .attentive_token_pooling import AttentiveTokenPooling
from .au_adjacency import AUAdjacency
from .base_landmark_stream import BaseLandmarkStream
from .cbam import CBAM
from .classifier_graph import ClassifierGraph
from .cross_attention_head import CrossAttentionHead
from .feature_branch import FeatureBranch
from .feature_map import feature_map
from .graph_convolution import GraphConvolution
from .image_node_graph import ImageNodeGraph
from .ir_unit import IRUnit
from .label_calibration import Calibration, calibrate
from .landmark_filler import LandmarkFiller
from .landmark_order import LandmarkOrder
from .landmark_tree import LandmarkTree
from .linear_confidence import LinearConfidence
from .one_hot import one_hot
from .pair_relation import PairRelation
from .patch_exits import PatchExits
from .patch_gate import PatchGate
from .patch_windows import (PATCH_SCHEMES, cut_around, cut_windows,
                            patch_windows, windows_around)
from .pooled_feature import pooled_feature
from .position_gate import position_gate
from .random_drop import HeadDropping, draw_kept
from .share_parts import share_parts
from .similarity_confidence import SimilarityConfidence
from .small_map_conv import SmallMapConv2d
from .structure_stream import StructureStream
from .texture_stream import TextureStream
from .top_tokens import STRENGTHS, number_kept, take_tokens, top_tokens
from .uncertainty_mixing import draw_partners, mix, mixing_weights
from .upright_landmarks import upright_landmarks

__all__ = [
    'AUAdjacency',
    'AttentionPooling',
    'AttentiveTokenPooling',
    'BaseLandmarkStream',
    'CBAM',
    'Calibration',
    'ClassifierGraph',
    'CrossAttentionHead',
    'FeatureBranch',
    'GraphConvolution',
    'HeadDropping',
    'IRUnit',
    'ImageNodeGraph',
    'LandmarkFiller',
    'LandmarkOrder',
    'LandmarkTree',
    'LinearConfidence',
    'PATCH_SCHEMES',
    'PairRelation',
    'PatchExits',
    'PatchGate',
    'STRENGTHS',
    'SimilarityConfidence',
    'SmallMapConv2d',
    'StructureStream',
    'TextureStream',
    'calibrate',
    'cut_around',
    'cut_windows',
    'draw_kept',
    'draw_partners',
    'feature_map',
    'mix',
    'mixing_weights',
    'number_kept',
    'one_hot',
    'patch_windows',
    'pooled_feature',
    'position_gate',
    'share_parts',
    'take_tokens',
    'top_tokens',
    'upright_landmarks',
    'windows_around',
]
