# Copyright (c) mmfer contributors.
from typing import Optional, Tuple, Union

import torch
from torch import nn

from mmfer.registry import MODELS
from .clip_backbone import ClipBackbone

_KINDS = 'ABC'


class PseudoBottleneck(nn.Module):
    """A bottleneck whose 3x3x3 convolution is one in space and one in time.

    Kind ``'A'`` puts them one after the other, ``'B'`` side by side, ``'C'``
    one after the other with a shortcut around the second.

    Args:
        in_channels (int): Channels in.
        channels (int): Of the middle; four times as many come out.
        kind (str): One of these.
        stride (int): In space. Defaults to 1.
        downsample (nn.Module, optional): The shortcut. Defaults to None.
    """

    def __init__(self,
                 in_channels: int,
                 channels: int,
                 kind: str,
                 stride: int = 1,
                 downsample: Optional[nn.Module] = None) -> None:
        super().__init__()
        self.kind = kind
        self.conv1 = nn.Conv3d(in_channels, channels, 1,
                               (1, stride, stride), bias=False)
        self.bn1 = nn.BatchNorm3d(channels)
        self.conv2 = nn.Conv3d(channels, channels, (1, 3, 3),
                               padding=(0, 1, 1), bias=False)
        self.bn2 = nn.BatchNorm3d(channels)
        self.conv3 = nn.Conv3d(channels, channels, (3, 1, 1),
                               padding=(1, 0, 0), bias=False)
        self.bn3 = nn.BatchNorm3d(channels)
        self.conv4 = nn.Conv3d(channels, 4 * channels, 1, bias=False)
        self.bn4 = nn.BatchNorm3d(4 * channels)
        self.downsample = downsample

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, 4 * channels, T, H', W')``."""
        out = self.bn1(self.conv1(x)).relu_()
        space = self.bn2(self.conv2(out)).relu_()
        time = self.bn3(self.conv3(out if self.kind == 'B' else space))
        out = time.relu_() if self.kind == 'A' else time.relu() + space
        out = self.bn4(self.conv4(out))
        return (out + (x if self.downsample is None else
                       self.downsample(x))).relu_()


class FrameBottleneck(nn.Module):
    """A bottleneck that looks at single frames.

    Args:
        in_channels (int): Channels in.
        channels (int): Of the middle; four times as many come out.
        stride (int): Defaults to 1.
        downsample (nn.Module, optional): The shortcut. Defaults to None.
    """

    def __init__(self,
                 in_channels: int,
                 channels: int,
                 stride: int = 1,
                 downsample: Optional[nn.Module] = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv_normal = nn.Conv2d(channels, channels, 3, padding=1,
                                     bias=False)
        self.bn_normal = nn.BatchNorm2d(channels)
        self.conv4 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn4 = nn.BatchNorm2d(4 * channels)
        self.downsample = downsample

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, 4 * channels, H', W')``."""
        out = self.bn1(self.conv1(x)).relu_()
        out = self.bn_normal(self.conv_normal(out)).relu_()
        out = self.bn4(self.conv4(out))
        return (out + (x if self.downsample is None else
                       self.downsample(x))).relu_()


@MODELS.register_module()
class P3D(ClipBackbone):
    """A pseudo-3D residual network.

    Qiu et al., `Learning Spatio-Temporal Representation with Pseudo-3D
    Residual Networks <https://arxiv.org/abs/1711.10305>`_, ICCV 2017. Three
    stages look at space and time, in blocks of kinds A, B, C in turn; the
    last looks at single frames. Time is halved four times: of 16 frames one
    is left; where more are left, each passes the last stage. Names of parts
    are those of the widely used port.

    Args:
        depth (int): 63, 131 or 199. Defaults to 199.
        in_channels (int): 3, or 2 for optical flow. Defaults to 3.
        init_cfg (dict or list, optional): Defaults to None, He's normal
            initialisation by the fan out.

    Raises:
        ValueError: If the depth is unknown.
    """

    DEPTHS = {
        63: (3, 4, 6, 3),
        131: (3, 4, 23, 3),
        199: (3, 8, 36, 3),
    }
    min_frames = 16

    def __init__(self,
                 depth: int = 199,
                 in_channels: int = 3,
                 init_cfg: Union[dict, list, None] = None) -> None:
        super().__init__(init_cfg or dict(
            type='Kaiming', layer=['Conv3d', 'Conv2d']))
        if depth not in self.DEPTHS:
            raise ValueError(f'P3D has the depths {list(self.DEPTHS)}, got '
                             f'{depth}')
        self.conv1_custom = nn.Conv3d(in_channels, 64, (1, 7, 7), (1, 2, 2),
                                      (0, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.maxpool = nn.MaxPool3d((2, 3, 3), stride=2, padding=(0, 1, 1))
        self.maxpool_2 = nn.MaxPool3d((2, 1, 1))
        number = 0
        for stage, blocks in enumerate(self.DEPTHS[depth][:3]):
            kinds = [_KINDS[(number + i) % 3] for i in range(blocks)]
            self.add_module(f'layer{stage + 1}', self._stage(stage, kinds))
            number += blocks
        self.layer4 = self._frame_stage(self.DEPTHS[depth][3])

    @staticmethod
    def _stage(stage: int, kinds: list) -> nn.Sequential:
        channels, stride = 64 * 2**stage, 1 if stage == 0 else 2
        before = 64 if stage == 0 else 2 * channels
        shortcut = nn.Sequential(
            nn.Conv3d(before, 4 * channels, 1, (1, stride, stride),
                      bias=False), nn.BatchNorm3d(4 * channels))
        return nn.Sequential(
            PseudoBottleneck(before, channels, kinds[0], stride, shortcut), *[
                PseudoBottleneck(4 * channels, channels, kind)
                for kind in kinds[1:]
            ])

    @staticmethod
    def _frame_stage(blocks: int) -> nn.Sequential:
        shortcut = nn.Sequential(
            nn.Conv2d(1024, 2048, 1, 2, bias=False), nn.BatchNorm2d(2048))
        return nn.Sequential(
            FrameBottleneck(1024, 512, 2, shortcut),
            *[FrameBottleneck(2048, 512) for _ in range(blocks - 1)])

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor]:
        """The last feature map.

        Args:
            x (Tensor): Clips, ``(N, C, T, H, W)`` with at least 16 frames.

        Returns:
            tuple[Tensor]: One of ``(N, 2048, T / 16, H / 32, W / 32)``.
        """
        self.check_clip(x)
        x = self.maxpool(self.bn1(self.conv1_custom(x)).relu_())
        for stage in (self.layer1, self.layer2, self.layer3):
            x = self.maxpool_2(stage(x))
        frames = self.layer4(x.transpose(1, 2).flatten(0, 1))
        return (frames.unflatten(0, (-1, x.size(2))).transpose(1, 2), )
