# Copyright (c) mmfer contributors.
from typing import List

import torch
from mmpretrain.models.utils import SELayer
from torch import nn

IR_UNITS = ('plain', 'tface', 'se')


class IRUnit(nn.Module):
    """A residual unit of face recognition networks.

    Normalised before the first convolution, not activated after the sum. From
    `ArcFace <https://arxiv.org/abs/1801.07698>`_ in the forms of face.evoLVe
    and TFace.

    Args:
        in_channels (int): Channels that come in.
        out_channels (int): Channels D that go out. Where both are equal the
            shortcut leaves out positions, else it is a normalised 1x1
            convolution.
        stride (int): Of the second convolution and of the shortcut.
        kind (str): ``'plain'``; ``'tface'``, also normalised after the first
            convolution; ``'se'``, ending in squeeze-and-excitation with
            reduction 16. Defaults to ``'plain'``.

    Raises:
        ValueError: If the kind is unknown.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 stride: int,
                 kind: str = 'plain') -> None:
        super().__init__()
        if kind not in IR_UNITS:
            raise ValueError(f'unit must be one of {IR_UNITS}, got {kind!r}')
        if in_channels == out_channels:
            self.shortcut = nn.MaxPool2d(1, stride)
        else:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels))
        layers: List[nn.Module] = [
            nn.BatchNorm2d(in_channels),
            nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            nn.PReLU(out_channels),
            nn.Conv2d(
                out_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels)
        ]
        if kind == 'tface':
            layers.insert(2, nn.BatchNorm2d(out_channels))
        if kind == 'se':
            layers.append(
                SELayer(
                    out_channels,
                    squeeze_channels=max(out_channels // 16, 1),
                    bias=False))
        self.residual = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From a map ``(N, C, H, W)`` to ``(N, D, H/stride, W/stride)``."""
        return self.residual(x) + self.shortcut(x)
