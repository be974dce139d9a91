# Copyright (c) mmfer contributors.
from typing import Tuple, Union

import torch
from torch import nn


def _conv_norm(in_channels: int, out_channels: int,
               kernel: Union[int, Tuple[int, int]],
               padding: Union[int, Tuple[int, int]] = 0) -> nn.Sequential:
    """A convolution with bias and its normalisation."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, padding=padding),
        nn.BatchNorm2d(out_channels))


class SumSpatialAttention(nn.Module):
    """One map over the positions, summed from three receptive fields.

    The map is not squashed: it is the sum over channels after a ReLU.

    Args:
        in_channels (int): Channels C of the feature map.
        mid_channels (int): Channels after the reduction.
    """

    def __init__(self, in_channels: int, mid_channels: int) -> None:
        super().__init__()
        self.reduce = _conv_norm(in_channels, mid_channels, 1)
        self.square = _conv_norm(mid_channels, in_channels, 3, 1)
        self.row = _conv_norm(mid_channels, in_channels, (1, 3), (0, 1))
        self.column = _conv_norm(mid_channels, in_channels, (3, 1), (1, 0))

    def attention(self, x: torch.Tensor) -> torch.Tensor:
        """The weights of the positions, ``(N, 1, H, W)``, at least 0."""
        y = self.reduce(x)
        y = torch.relu(self.square(y) + self.row(y) + self.column(y))
        return y.sum(1, keepdim=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the positions of a map ``(N, C, H, W)``."""
        return x * self.attention(x)


class PooledChannelAttention(nn.Module):
    """A gate in (0, 1) for each channel of the pooled map.

    Args:
        in_channels (int): Channels C of the feature map.
        reduction (int): How many times narrower the hidden layer is.
    """

    def __init__(self, in_channels: int, reduction: int) -> None:
        super().__init__()
        hidden = in_channels // reduction
        self.gate = nn.Sequential(
            nn.Linear(in_channels, hidden), nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True), nn.Linear(hidden, in_channels),
            nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pool a map ``(N, C, H, W)`` and gate it to ``(N, C)``."""
        pooled = x.mean((2, 3))
        return pooled * self.gate(pooled)


class CrossAttentionHead(nn.Module):
    """One attention head: where to look, then at which channels.

    Source: `Distract Your Attention <https://arxiv.org/abs/2109.07270>`_.

    Args:
        in_channels (int): Channels C of the feature map.
        mid_channels (int): Channels inside the spatial attention.
        reduction (int): Reduction of the channel attention.
    """

    def __init__(self, in_channels: int, mid_channels: int,
                 reduction: int) -> None:
        super().__init__()
        self.spatial = SumSpatialAttention(in_channels, mid_channels)
        self.channel = PooledChannelAttention(in_channels, reduction)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From a map ``(N, C, H, W)`` to a feature ``(N, C)``."""
        return self.channel(self.spatial(x))
