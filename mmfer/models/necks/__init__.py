# Copyright (c) mmfer contributors.
from .multi_head_cross_attention import MultiHeadCrossAttention

__all__ = ['MultiHeadCrossAttention']
