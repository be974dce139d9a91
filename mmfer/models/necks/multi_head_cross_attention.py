# Copyright (c) mmfer contributors.
from typing import List, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import BaseModule
from torch import nn

from mmfer.registry import MODELS
from ..layers.cross_attention_head import CrossAttentionHead
from ..layers.feature_map import feature_map


@MODELS.register_module()
class MultiHeadCrossAttention(BaseModule):
    """Several independent attention heads on one feature map.

    The attention part of `Distract Your Attention
    <https://arxiv.org/abs/2109.07270>`_.

    Args:
        in_channels (int): Channels C of the last feature map. Defaults to
            512.
        num_heads (int): Number of heads K. Defaults to 4.
        mid_channels (int, optional): Channels inside the spatial attention.
            Defaults to None, ``in_channels // 2``.
        reduction (int): Reduction of the channel attention. Defaults to 16.
        init_cfg (dict | list[dict], optional): Defaults to the released
            code's: Kaiming normal (fan out) for convolutions, N(0, 0.001)
            for linear layers, biases 0.

    Raises:
        ValueError: If a number is not positive.
    """

    def __init__(self,
                 in_channels: int = 512,
                 num_heads: int = 4,
                 mid_channels: Optional[int] = None,
                 reduction: int = 16,
                 init_cfg: Optional[Union[dict, List[dict]]] = (
                     dict(type='Kaiming', layer='Conv2d'),
                     dict(type='Normal', layer='Linear', std=0.001),
                     dict(type='Constant', layer='_BatchNorm', val=1))
                 ) -> None:
        if isinstance(init_cfg, tuple):
            init_cfg = list(init_cfg)
        super().__init__(init_cfg)
        mid_channels = mid_channels or in_channels // 2
        if min(num_heads, mid_channels, in_channels // reduction) < 1:
            raise ValueError(
                f'num_heads {num_heads}, mid_channels {mid_channels} and '
                f'in_channels // reduction {in_channels // reduction} must '
                'be positive')
        self.heads = nn.ModuleList(
            CrossAttentionHead(in_channels, mid_channels, reduction)
            for _ in range(num_heads))

    def forward(self, feats: Sequence[torch.Tensor]
                ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Attend.

        Args:
            feats (Sequence[Tensor]): Feature maps; the last, of shape
                ``(N, C, H, W)``, is used.

        Returns:
            tuple[Tensor, Tensor]: The pooled map ``(N, C)`` and the heads
            ``(N, K, C)``.
        """
        x = feature_map(feats, type(self).__name__)
        heads = torch.stack([head(x) for head in self.heads], dim=1)
        return x.mean((2, 3)), heads

    def attention(self, feats: Sequence[torch.Tensor]) -> torch.Tensor:
        """Where each head looks, ``(N, K, H, W)``, at least 0.

        Args:
            feats (Sequence[Tensor]): See :meth:`forward`.
        """
        x = feature_map(feats, type(self).__name__)
        return torch.cat([head.spatial.attention(x) for head in self.heads],
                         dim=1)
