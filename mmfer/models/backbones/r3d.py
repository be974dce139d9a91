# Copyright (c) mmfer contributors.
from typing import Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from torch import nn

from mmfer.registry import MODELS
from .clip_backbone import ClipBackbone


def _conv(in_channels: int, channels: int, size: int,
          stride: int = 1) -> nn.Conv3d:
    return nn.Conv3d(in_channels, channels, size, stride, size // 2,
                     bias=False)


class PadShortcut(nn.Module):
    """A shortcut without parameters: every other place, zeros for channels.

    Args:
        channels (int): Channels out.
        stride (int): In space and time.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, channels, T', H', W')``."""
        s = self.stride
        missing = self.channels - x.size(1)
        return F.pad(x[:, :, ::s, ::s, ::s], (0, 0) * 3 + (0, missing))


class _Block(nn.Module):
    """A residual block whose branch is ``conv1``, ``bn1``, ``conv2``..."""

    def __init__(self, convs: Sequence[nn.Conv3d],
                 downsample: Optional[nn.Module]) -> None:
        super().__init__()
        self.number = len(convs)
        for i, conv in enumerate(convs, 1):
            self.add_module(f'conv{i}', conv)
            self.add_module(f'bn{i}', nn.BatchNorm3d(conv.out_channels))
        self.downsample = downsample

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = x
        for i in range(1, self.number + 1):
            out = getattr(self, f'bn{i}')(getattr(self, f'conv{i}')(out))
            if i < self.number:
                out = out.relu_()
        return (out + (x if self.downsample is None else
                       self.downsample(x))).relu_()


class BasicBlock3D(_Block):
    """Two 3x3x3 convolutions."""
    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int,
                 downsample: Optional[nn.Module]) -> None:
        super().__init__([
            _conv(in_channels, channels, 3, stride),
            _conv(channels, channels, 3)
        ], downsample)


class Bottleneck3D(_Block):
    """1x1x1, 3x3x3 with the stride, 1x1x1."""
    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int,
                 downsample: Optional[nn.Module]) -> None:
        super().__init__([
            _conv(in_channels, channels, 1),
            _conv(channels, channels, 3, stride),
            _conv(channels, 4 * channels, 1)
        ], downsample)


@MODELS.register_module()
class R3D(ClipBackbone):
    """A ResNet of 3D convolutions.

    Hara et al., `Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs
    and ImageNet? <https://arxiv.org/abs/1711.09577>`_, CVPR 2018. Names of
    parts are those of the authors' releases, which are also those of
    MMPretrain's ``ResNet``, whose weights can be inflated.

    Args:
        depth (int): 10, 18, 34, 50, 101, 152 or 200. Defaults to 18.
        in_channels (int): Defaults to 3.
        base_channels (int): Of the first stage. Defaults to 64.
        stem_frames (int): Temporal size of the first convolution. Defaults
            to 7.
        stem_stride (int): Its temporal stride. Defaults to 1.
        stem_pool (bool): Whether a max-pooling by 2 in space and time
            follows. Defaults to True.
        shortcut (str): ``'B'``, convolutions where shapes change, or
            ``'A'``, padding as in the first releases of depth 18 and 34.
            Defaults to ``'B'``.
        out_indices (Sequence[int]): The stages to give, from 0. Defaults to
            ``(3, )``.
        init_cfg (dict or list, optional): Defaults to None, He's normal
            initialisation by the fan out.

    Raises:
        ValueError: If depth or shortcut is unknown.
    """

    DEPTHS = {
        10: (BasicBlock3D, (1, 1, 1, 1)),
        18: (BasicBlock3D, (2, 2, 2, 2)),
        34: (BasicBlock3D, (3, 4, 6, 3)),
        50: (Bottleneck3D, (3, 4, 6, 3)),
        101: (Bottleneck3D, (3, 4, 23, 3)),
        152: (Bottleneck3D, (3, 8, 36, 3)),
        200: (Bottleneck3D, (3, 24, 36, 3)),
    }

    def __init__(self,
                 depth: int = 18,
                 in_channels: int = 3,
                 base_channels: int = 64,
                 stem_frames: int = 7,
                 stem_stride: int = 1,
                 stem_pool: bool = True,
                 shortcut: str = 'B',
                 out_indices: Sequence[int] = (3, ),
                 init_cfg: Union[dict, list, None] = None) -> None:
        super().__init__(init_cfg or dict(type='Kaiming', layer='Conv3d'))
        if depth not in self.DEPTHS or shortcut not in ('A', 'B'):
            raise ValueError(
                f'R3D has the depths {list(self.DEPTHS)} and the shortcuts A '
                f'and B, got {depth} and {shortcut!r}')
        self.out_indices = tuple(out_indices)
        self.shortcut = shortcut
        self.channels = base_channels
        self.conv1 = nn.Conv3d(
            in_channels, base_channels, (stem_frames, 7, 7),
            (stem_stride, 2, 2), (stem_frames // 2, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(base_channels)
        self.maxpool = (nn.MaxPool3d(3, stride=2, padding=1) if stem_pool
                        else nn.Identity())
        block, numbers = self.DEPTHS[depth]
        for stage, number in enumerate(numbers):
            self.add_module(
                f'layer{stage + 1}',
                self._stage(block, base_channels * 2**stage, number,
                            1 if stage == 0 else 2))

    def _stage(self, block: type, channels: int, number: int,
               stride: int) -> nn.Sequential:
        out = channels * block.expansion
        blocks = []
        for index in range(number):
            step = stride if index == 0 else 1
            downsample = None
            if step > 1 or self.channels != out:
                downsample = self._downsample(out, step)
            blocks.append(block(self.channels, channels, step, downsample))
            self.channels = out
        return nn.Sequential(*blocks)

    def _downsample(self, channels: int, stride: int) -> nn.Module:
        if self.shortcut == 'A':
            return PadShortcut(channels, stride)
        return nn.Sequential(
            _conv(self.channels, channels, 1, stride),
            nn.BatchNorm3d(channels))

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """Feature maps of the stages ``out_indices``.

        Args:
            x (Tensor): Clips, ``(N, C, T, H, W)``.

        Returns:
            tuple[Tensor]: ``(N, D, T', H', W')`` each.
        """
        self.check_clip(x)
        x = self.maxpool(self.bn1(self.conv1(x)).relu_())
        feats = []
        for stage in range(4):
            x = getattr(self, f'layer{stage + 1}')(x)
            if stage in self.out_indices:
                feats.append(x)
        return tuple(feats)
