# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.errors import ConfigError


class FeatureBranch(nn.Module):
    """From a feature map to a short vector, every position with own weights.

    A branch of `Relative Uncertainty Learning
    <https://openreview.net/forum?id=h1-ilmYbdea>`_: normalise without scale,
    dropout, flatten, linear, normalise.

    Args:
        in_channels (int): Channels C of the map.
        feat_size (int): Height and width S of the map.
        out_channels (int): Length D of the vector. Defaults to 64.
        dropout (float): Defaults to 0.4.
        eps (float): Of both normalisations. Defaults to 2e-5.
    """

    def __init__(self,
                 in_channels: int,
                 feat_size: int,
                 out_channels: int = 64,
                 dropout: float = 0.4,
                 eps: float = 2e-5) -> None:
        super().__init__()
        self.size = (in_channels, feat_size, feat_size)
        self.map_norm = nn.BatchNorm2d(in_channels, eps=eps, affine=False)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(in_channels * feat_size**2, out_channels)
        self.norm = nn.BatchNorm1d(out_channels, eps=eps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From a map ``(N, C, S, S)`` to a vector ``(N, D)``.

        Raises:
            ValueError: If the map has another size.
        """
        if x.shape[1:] != self.size:
            raise ConfigError(f'the branch is made for maps {self.size}, got '
                              f'{tuple(x.shape[1:])}',
                              hint='set in_channels and feat_size')
        x = self.dropout(self.map_norm(x)).flatten(1)
        return self.norm(self.fc(x))
