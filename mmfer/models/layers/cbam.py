# Copyright (c) mmfer contributors.
import math

import torch
from mmengine.model import BaseModule
from torch import nn

from mmfer.errors import ConfigError


class ChannelGate(nn.Module):
    """A gate for each channel, from average- and max-pooled positions.

    Args:
        channels (int): Channels C of the map.
        reduction (int): How many times narrower the hidden layer is.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(inplace=True),
            nn.Linear(hidden, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the channels of a map ``(N, C, H, W)``."""
        gate = self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3)))
        return x * gate.sigmoid()[:, :, None, None]


class SpatialGate(nn.Module):
    """A gate for each position, from maximum and mean over the channels.

    Args:
        kernel_size (int): Defaults to 7.
    """

    def __init__(self, kernel_size: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the positions of a map ``(N, C, H, W)``."""
        pooled = torch.stack([x.amax(1), x.mean(1)], dim=1)
        return x * self.norm(self.conv(pooled)).sigmoid()


class CBAM(BaseModule):
    """Convolutional block attention: channels, then positions.

    From `CBAM <https://arxiv.org/abs/1807.06521>`_. At the start the spatial
    gate is ``start`` everywhere, as its normalization has the weight 0, and
    the channel gates are near it, so that about ``start`` squared of the map
    passes: a quarter with the released initialization.

    Args:
        channels (int): Channels C of the map.
        reduction (int): Of the channel gate. Defaults to 16.
        kernel_size (int): Of the spatial gate. Defaults to 7.
        start (float): Value of both gates at the start, in (0, 1), set by
            the biases in front of their sigmoids. Defaults to 0.5, biases of
            0 as in the released code. For a block that is added to a trained
            network a value near 1, such as 0.95, keeps its features (our
            choice); the slope of a gate is ``start * (1 - start)``.

    Raises:
        ConfigError: If ``start`` is out of range.
    """

    def __init__(self,
                 channels: int,
                 reduction: int = 16,
                 kernel_size: int = 7,
                 start: float = 0.5) -> None:
        super().__init__()
        if not 0 < start < 1:
            raise ConfigError(f'start must lie in (0, 1), got {start}')
        self.start = start
        self.channel = ChannelGate(channels, reduction)
        self.spatial = SpatialGate(kernel_size)
        self.init_weights()

    def init_weights(self) -> None:
        """Set the weight of the spatial normalization to 0, and the biases
        so that the gates begin at ``start``."""
        bias = math.log(self.start / (1 - self.start))
        nn.init.kaiming_normal_(self.spatial.conv.weight, mode='fan_out')
        nn.init.zeros_(self.spatial.norm.weight)
        nn.init.constant_(self.spatial.norm.bias, bias)
        hidden, _, last = self.channel.mlp
        nn.init.zeros_(hidden.bias)
        # It counts twice, for the average and for the maximum.
        nn.init.constant_(last.bias, bias / 2)
        self._is_init = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh a map ``(N, C, H, W)``."""
        return self.spatial(self.channel(x))
