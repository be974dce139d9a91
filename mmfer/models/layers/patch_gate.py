# Copyright (c) mmfer contributors.
import torch
from torch import nn


class PatchGate(nn.Module):
    """How much a patch tells: near 0 where it is occluded.

    The gate of `gACNN <https://ieeexplore.ieee.org/document/8576656>`_
    without its pooling of the map: a 1x1 convolution, the mean over the
    positions, two linear layers and a sigmoid.

    Args:
        in_channels (int): Channels D of a patch.
        mid_channels (int): Channels after the convolution. Defaults to 128.
        hidden (int): Width of the first linear layer. Defaults to 64.
    """

    def __init__(self,
                 in_channels: int,
                 mid_channels: int = 128,
                 hidden: int = 64) -> None:
        super().__init__()
        self.reduce = nn.Sequential(
            nn.Conv2d(in_channels, mid_channels, 1, bias=False),
            nn.BatchNorm2d(mid_channels), nn.ReLU(inplace=True))
        self.judge = nn.Sequential(
            nn.Linear(mid_channels, hidden), nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True), nn.Linear(hidden, 1), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From patches ``(N, D, h, w)`` to gates in (0, 1), ``(N, )``."""
        return self.judge(self.reduce(x).mean((2, 3))).squeeze(1)
