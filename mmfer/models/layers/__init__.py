# Copyright (c) mmfer contributors.
from .cbam import CBAM
from .cross_attention_head import CrossAttentionHead
from .feature_branch import FeatureBranch
from .feature_map import feature_map
from .label_calibration import Calibration, calibrate
from .one_hot import one_hot
from .pair_relation import PairRelation
from .patch_gate import PatchGate
from .patch_windows import (PATCH_SCHEMES, cut_around, cut_windows,
                            patch_windows, windows_around)
from .uncertainty_mixing import draw_partners, mix, mixing_weights

__all__ = [
    'CBAM',
    'Calibration',
    'CrossAttentionHead',
    'FeatureBranch',
    'PATCH_SCHEMES',
    'PairRelation',
    'PatchGate',
    'calibrate',
    'cut_around',
    'cut_windows',
    'draw_partners',
    'feature_map',
    'mix',
    'mixing_weights',
    'one_hot',
    'patch_windows',
    'windows_around',
]
