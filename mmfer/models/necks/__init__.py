# Copyright (c) mmfer contributors.
from .multi_head_cross_attention import MultiHeadCrossAttention
from .patch_attention import PatchAttention

__all__ = ['MultiHeadCrossAttention', 'PatchAttention']
