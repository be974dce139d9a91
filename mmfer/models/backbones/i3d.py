# Copyright (c) mmfer contributors.
from typing import Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import nn

from mmfer.registry import MODELS
from .clip_backbone import ClipBackbone

# Channels of the branches: 1x1x1; reduction and 3x3x3, twice; after pooling.
_MIXED = dict(
    Mixed_3b=(64, 96, 128, 16, 32, 32),
    Mixed_3c=(128, 128, 192, 32, 96, 64),
    Mixed_4b=(192, 96, 208, 16, 48, 64),
    Mixed_4c=(160, 112, 224, 24, 64, 64),
    Mixed_4d=(128, 128, 256, 24, 64, 64),
    Mixed_4e=(112, 144, 288, 32, 64, 64),
    Mixed_4f=(256, 160, 320, 32, 128, 128),
    Mixed_5b=(256, 160, 320, 32, 128, 128),
    Mixed_5c=(384, 192, 384, 48, 128, 128))
_POOLS = dict(
    Mixed_3c=('MaxPool3d_4a_3x3', (3, 3, 3), (2, 2, 2)),
    Mixed_4f=('MaxPool3d_5a_2x2', (2, 2, 2), (2, 2, 2)))


def pad_same(x: torch.Tensor, kernel: Sequence[int],
             stride: Sequence[int]) -> torch.Tensor:
    """Pad with zeros as TensorFlow does: the output has ``ceil(size /
    stride)`` places, and what is odd goes behind.

    Args:
        x (Tensor): ``(N, C, T, H, W)``.
        kernel (Sequence[int]): In time, height, width.
        stride (Sequence[int]): In time, height, width.
    """
    pads = []
    for size, k, s in zip(x.shape[2:], kernel, stride):
        total = max(k - (size % s or s), 0)
        pads = [total // 2, total - total // 2] + pads
    return F.pad(x, pads) if any(pads) else x


class SameMaxPool3d(nn.MaxPool3d):
    """Max-pooling after :func:`pad_same`."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, C, T', H', W')``."""
        return super().forward(pad_same(x, self.kernel_size, self.stride))


class ConvUnit3D(nn.Module):
    """Convolution after :func:`pad_same`, batch normalisation, ReLU.

    Args:
        in_channels (int): Channels in.
        channels (int): Channels out.
        kernel (int): In all directions. Defaults to 1.
        stride (int): In all directions. Defaults to 1.
    """

    def __init__(self, in_channels: int, channels: int, kernel: int = 1,
                 stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(in_channels, channels, kernel, stride,
                                bias=False)
        # As TensorFlow's: PyTorch's momentum is one minus its decay.
        self.bn = nn.BatchNorm3d(channels, eps=1e-3, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, channels, T', H', W')``."""
        x = pad_same(x, self.conv3d.kernel_size, self.conv3d.stride)
        return self.bn(self.conv3d(x)).relu_()


class Mixed3D(nn.Module):
    """Four branches side by side, of Inception v1.

    Args:
        in_channels (int): Channels in.
        channels (Sequence[int]): Six: of the 1x1x1 convolution; before and
            after the first and the second 3x3x3; after the pooling.
    """

    def __init__(self, in_channels: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.b0 = ConvUnit3D(in_channels, channels[0])
        self.b1a = ConvUnit3D(in_channels, channels[1])
        self.b1b = ConvUnit3D(channels[1], channels[2], 3)
        self.b2a = ConvUnit3D(in_channels, channels[3])
        self.b2b = ConvUnit3D(channels[3], channels[4], 3)
        self.b3a = SameMaxPool3d((3, 3, 3), (1, 1, 1))
        self.b3b = ConvUnit3D(in_channels, channels[5])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The branches' channels, joined."""
        return torch.cat([
            self.b0(x),
            self.b1b(self.b1a(x)),
            self.b2b(self.b2a(x)),
            self.b3b(self.b3a(x))
        ], 1)


@MODELS.register_module()
class I3D(ClipBackbone):
    """Inception v1, inflated to three dimensions.

    Carreira and Zisserman, `Quo Vadis, Action Recognition?
    <https://arxiv.org/abs/1705.07750>`_, CVPR 2017. Names of parts are those
    of the paper and of the released weights.

    Args:
        in_channels (int): 3, or 2 for optical flow. Defaults to 3.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.
    """

    def __init__(self, in_channels: int = 3,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        parts = dict(
            Conv3d_1a_7x7=ConvUnit3D(in_channels, 64, 7, 2),
            MaxPool3d_2a_3x3=SameMaxPool3d((1, 3, 3), (1, 2, 2)),
            Conv3d_2b_1x1=ConvUnit3D(64, 64),
            Conv3d_2c_3x3=ConvUnit3D(64, 192, 3),
            MaxPool3d_3a_3x3=SameMaxPool3d((1, 3, 3), (1, 2, 2)))
        channels = 192
        for name, branches in _MIXED.items():
            parts[name] = Mixed3D(channels, branches)
            channels = sum(branches[i] for i in (0, 2, 4, 5))
            if name in _POOLS:
                pool, kernel, stride = _POOLS[name]
                parts[pool] = SameMaxPool3d(kernel, stride)
        self.parts = tuple(parts)
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor]:
        """The last feature map.

        Args:
            x (Tensor): Clips, ``(N, C, T, H, W)``.

        Returns:
            tuple[Tensor]: One of ``(N, 1024, T / 8, H / 32, W / 32)``,
            rounded up.
        """
        self.check_clip(x)
        for name in self.parts:
            x = getattr(self, name)(x)
        return (x, )
