# Copyright (c) mmfer contributors.
from .multi_head_cross_attention import MultiHeadCrossAttention
from .patch_attention import PatchAttention
from .stream_fusion import StreamFusion

__all__ = ['MultiHeadCrossAttention', 'PatchAttention', 'StreamFusion']
