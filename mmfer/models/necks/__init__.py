# Copyright (c) mmfer contributors.
from .attentive_patch_pooling import AttentivePatchPooling
from .local_attention import LocalAttention
from .multi_head_cross_attention import MultiHeadCrossAttention
from .patch_attention import PatchAttention
from .stream_fusion import StreamFusion

__all__ = [
    'AttentivePatchPooling',
    'LocalAttention',
    'MultiHeadCrossAttention',
    'PatchAttention',
    'StreamFusion',
]
