# Copyright (c) mmfer contributors.
from typing import Tuple

import torch
from torch import nn


class PairRelation(nn.Module):
    """How far a face's neighbours are to be believed.

    The attention of `LDLVA <https://arxiv.org/abs/2209.10448>`_: an MLP on
    both features, whose output is kept above a floor before the sigmoid, so
    that no neighbour is shut out by it alone.

    Args:
        in_channels (int): Length D of a feature.
        hidden (tuple[int, int]): Widths of the hidden layers. Defaults to
            (512, 256).
        floor (float): The least output. Defaults to -1.3, whose sigmoid is
            0.214.
    """

    def __init__(self,
                 in_channels: int,
                 hidden: Tuple[int, int] = (512, 256),
                 floor: float = -1.3) -> None:
        super().__init__()
        first, second = hidden
        self.mlp = nn.Sequential(
            nn.Linear(2 * in_channels, first), nn.BatchNorm1d(first),
            nn.ReLU(inplace=True), nn.Linear(first, second),
            nn.BatchNorm1d(second), nn.ReLU(inplace=True),
            nn.Linear(second, 1))
        self.floor = floor

    def forward(self, features: torch.Tensor,
                neighbors: torch.Tensor) -> torch.Tensor:
        """Relations in (0, 1).

        Args:
            features (Tensor): ``(N, D)``.
            neighbors (Tensor): ``(N, K, D)``.

        Returns:
            Tensor: ``(N, K)``.
        """
        own = features[:, None].expand_as(neighbors)
        pairs = torch.cat([own, neighbors], 2)
        score = self.mlp(pairs.flatten(0, 1)).view(pairs.shape[:2])
        return score.clamp(min=self.floor).sigmoid()
