# Copyright (c) mmfer contributors.
from .attention_fusion_head import AttentionFusionHead
from .base_fer_head import BaseFERHead

__all__ = ['AttentionFusionHead', 'BaseFERHead']
