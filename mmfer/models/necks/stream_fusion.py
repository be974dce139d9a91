# Copyright (c) mmfer contributors.
from typing import Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from ..layers.pooled_feature import pooled_feature


@MODELS.register_module()
class StreamFusion(BaseModule):
    r"""Fuse the features of several streams or stages by attention.

    Each of S features :math:`x_k` is projected to one width, and judged:

    .. math::
        a = \mathrm{softmax}_k(\tanh(W_k x_k)), \quad
        z = \sum_k a_k \odot P_k x_k

    Args:
        in_channels (Sequence[int]): The length of each feature; a map is
            averaged.
        out_channels (int): Length D of the fused feature. Defaults to 256.
        per_feature (bool): Whether each of its D numbers has weights of its
            own, and not only each stream. Defaults to True.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 out_channels: int = 256,
                 per_feature: bool = True,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.projections = nn.ModuleList(
            nn.Linear(channels, out_channels) for channels in in_channels)
        self.scores = nn.ModuleList(
            nn.Linear(channels, out_channels if per_feature else 1)
            for channels in in_channels)

    def forward(self, feats: Sequence[torch.Tensor]
                ) -> Tuple[torch.Tensor, ...]:
        """Fuse.

        Args:
            feats (Sequence[Tensor]): S features ``(N, C_k)`` or maps.

        Returns:
            tuple[Tensor, ...]: The features as they came and, as last, the
            fused one, ``(N, D)``.

        Raises:
            ValueError: If there is another number of features.
        """
        if len(feats) != len(self.projections):
            raise ConfigError('StreamFusion is made for '
                              f'{len(self.projections)} features, got '
                              f'{len(feats)}',
                              hint='one entry of in_channels for each that '
                              'the backbone gives')
        pooled = [pooled_feature(feats, k) for k in range(len(feats))]
        values = torch.stack(
            [project(x) for project, x in zip(self.projections, pooled)], 1)
        scores = torch.stack(
            [score(x).tanh() for score, x in zip(self.scores, pooled)], 1)
        return (*feats, (scores.softmax(1) * values).sum(1))
