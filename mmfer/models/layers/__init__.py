# Copyright (c) mmfer contributors.
from .cross_attention_head import CrossAttentionHead
from .feature_map import feature_map

__all__ = ['CrossAttentionHead', 'feature_map']
