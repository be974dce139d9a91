# Copyright (c) mmfer contributors.
from typing import Optional, Tuple

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import nn

from mmfer.registry import MODELS


def _conv(in_channels: int, channels: int, size: int,
          padding: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, size, padding=padding),
        nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


class RecurrentConvBlock(nn.Module):
    """A convolution applied to its input and its own output, twice.

    Args:
        channels (int): In and out.
        drop_rate (float): After max-pooling by 2.
    """

    def __init__(self, channels: int, drop_rate: float) -> None:
        super().__init__()
        self.forward_conv = _conv(channels, channels, 1, 0)
        self.recurrent_conv = _conv(channels, channels, 3, 1)
        self.shrink = nn.Sequential(nn.MaxPool2d(2), nn.Dropout(drop_rate))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps of half the side."""
        out = self.forward_conv(x)
        for _ in range(2):
            out = self.recurrent_conv(x + out)
        return self.shrink(out)


@MODELS.register_module()
class RecurrentConvNet(BaseBackbone):
    """A shallow net with recurrent convolutions for small input, of RCN.

    Xia et al., *Revealing the Invisible with Model and Data Shrinking for
    Composite-database Micro-expression Recognition*, IEEE TIP 2020. With
    :class:`~mmfer.models.heads.ClassEvidenceHead` it is RCN-A.

    Args:
        in_channels (int): Channels of the picture. Defaults to 3.
        channels (int): Of all layers. Defaults to 32, our choice.
        num_blocks (int): Recurrent blocks. Defaults to 1.
        drop_rate (float): Defaults to 0.5.
        init_cfg (dict or list, optional): Defaults to None, He's normal
            initialisation of the convolutions.
    """

    def __init__(self,
                 in_channels: int = 3,
                 channels: int = 32,
                 num_blocks: int = 1,
                 drop_rate: float = 0.5,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg or dict(type='Kaiming', layer='Conv2d'))
        self.stem = nn.Sequential(
            _conv(in_channels, channels, 5, 0), nn.MaxPool2d(2),
            nn.Dropout(drop_rate))
        self.blocks = nn.Sequential(*[
            RecurrentConvBlock(channels, drop_rate)
            for _ in range(num_blocks)
        ])

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """The map after the stem, and that after the last block.

        Args:
            x (Tensor): Pictures of the flow, ``(N, in_channels, H, W)``.

        Returns:
            tuple[Tensor]: Two of ``(N, channels, H', W')``.
        """
        early = self.stem(x)
        return early, self.blocks(early)
