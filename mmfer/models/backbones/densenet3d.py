# Copyright (c) mmfer contributors.
from typing import Tuple, Union

import torch
from torch import nn

from mmfer.registry import MODELS
from .clip_backbone import ClipBackbone


class DenseLayer3D(nn.Module):
    """Adds ``growth`` channels to what it is given.

    Args:
        in_channels (int): Channels in.
        growth (int): Channels added.
        bottleneck (int): Times ``growth``, channels between the two
            convolutions.
    """

    def __init__(self, in_channels: int, growth: int,
                 bottleneck: int) -> None:
        super().__init__()
        between = bottleneck * growth
        self.norm1 = nn.BatchNorm3d(in_channels)
        self.conv1 = nn.Conv3d(in_channels, between, 1, bias=False)
        self.norm2 = nn.BatchNorm3d(between)
        self.conv2 = nn.Conv3d(between, growth, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, in_channels + growth, T, H, W)``."""
        new = self.conv1(self.norm1(x).relu_())
        return torch.cat([x, self.conv2(self.norm2(new).relu_())], 1)


class Transition3D(nn.Sequential):
    """Halves channels, frames and sides.

    Args:
        in_channels (int): Channels in.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.add_module('norm', nn.BatchNorm3d(in_channels))
        self.add_module('relu', nn.ReLU(inplace=True))
        self.add_module(
            'conv', nn.Conv3d(in_channels, in_channels // 2, 1, bias=False))
        self.add_module('pool', nn.AvgPool3d(2))


@MODELS.register_module()
class DenseNet3D(ClipBackbone):
    """A DenseNet of 3D convolutions.

    Hara et al., `Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs
    and ImageNet? <https://arxiv.org/abs/1711.09577>`_, CVPR 2018.

    Args:
        depth (int): 121, 169, 201 or 264. Defaults to 121.
        in_channels (int): Defaults to 3.
        base_channels (int): Of the first convolution. Defaults to 64.
        growth (int): Channels that a layer adds. Defaults to 32.
        bottleneck (int): See :class:`DenseLayer3D`. Defaults to 4.
        init_cfg (dict or list, optional): Defaults to None, He's normal
            initialisation by the fan out.

    Raises:
        ValueError: If the depth is unknown.
    """

    DEPTHS = {
        121: (6, 12, 24, 16),
        169: (6, 12, 32, 32),
        201: (6, 12, 48, 32),
        264: (6, 12, 64, 48),
    }
    # Four halvings of time, the last three without padding.
    min_frames = 15

    def __init__(self,
                 depth: int = 121,
                 in_channels: int = 3,
                 base_channels: int = 64,
                 growth: int = 32,
                 bottleneck: int = 4,
                 init_cfg: Union[dict, list, None] = None) -> None:
        super().__init__(init_cfg or dict(type='Kaiming', layer='Conv3d'))
        if depth not in self.DEPTHS:
            raise ValueError(f'DenseNet3D has the depths {list(self.DEPTHS)},'
                             f' got {depth}')
        self.features = nn.Sequential()
        parts = dict(
            conv0=nn.Conv3d(in_channels, base_channels, 7, (1, 2, 2), 3,
                            bias=False),
            norm0=nn.BatchNorm3d(base_channels),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool3d(3, stride=2, padding=1))
        channels = base_channels
        for stage, number in enumerate(self.DEPTHS[depth], 1):
            block = nn.Sequential()
            for i in range(1, number + 1):
                block.add_module(f'denselayer{i}',
                                 DenseLayer3D(channels, growth, bottleneck))
                channels += growth
            parts[f'denseblock{stage}'] = block
            if stage < 4:
                parts[f'transition{stage}'] = Transition3D(channels)
                channels //= 2
        parts['norm5'] = nn.BatchNorm3d(channels)
        for name, part in parts.items():
            self.features.add_module(name, part)

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor]:
        """The last feature map.

        Args:
            x (Tensor): Clips, ``(N, C, T, H, W)`` with at least 15 frames.

        Returns:
            tuple[Tensor]: One of ``(N, D, T', H', W')``; D is 1,024 for
            depth 121.
        """
        self.check_clip(x)
        return (self.features(x).relu_(), )
