# Copyright (c) mmfer contributors.
from torch import nn


def position_gate(in_channels: int, reduction: int = 16) -> nn.Sequential:
    """A learnt gate for each position of a map.

    The local attention of Wang et al., *Hierarchical Pyramid Diverse
    Attention Networks for Face Recognition*, CVPR 2020.

    Args:
        in_channels (int): Channels C of the map.
        reduction (int): How many times narrower the hidden layer is.
            Defaults to 16.

    Returns:
        nn.Sequential: From ``(N, C, H, W)`` to gates in (0, 1),
        ``(N, 1, H, W)``.
    """
    hidden = max(in_channels // reduction, 1)
    return nn.Sequential(
        nn.Conv2d(in_channels, hidden, 1), nn.BatchNorm2d(hidden),
        nn.ReLU(inplace=True), nn.Conv2d(hidden, 1, 1), nn.BatchNorm2d(1),
        nn.Sigmoid())
