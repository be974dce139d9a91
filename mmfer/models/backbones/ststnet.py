# Copyright (c) mmfer contributors.
from typing import Optional, Sequence, Tuple

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class STSTNet(BaseBackbone):
    """Three shallow streams that look at one optical flow.

    Liong et al., `Shallow Triple Stream Three-dimensional CNN (STSTNet) for
    Micro-expression Recognition <https://arxiv.org/abs/1902.03634>`_, FG
    2019. Each stream is a 3x3 convolution (padding 2), ReLU, batch
    normalisation and max-pooling (3, stride 3, padding 1); dropout and
    average pooling (2) follow. With the linear classifier of three classes it
    has 1,683 parameters.

    The streams differ in their numbers of filters only and meet behind them:
    they are one layer, and are computed as one.

    Args:
        in_channels (int): Channels of the picture: horizontal and vertical
            flow, optical strain. Defaults to 3.
        filters (Sequence[int]): Filters of each stream. Defaults to
            ``(3, 5, 8)``.
        drop_rate (float): Defaults to 0.5.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.
    """

    def __init__(self,
                 in_channels: int = 3,
                 filters: Sequence[int] = (3, 5, 8),
                 drop_rate: float = 0.5,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.streams = nn.Sequential(
            nn.Conv2d(in_channels, sum(filters), 3, padding=2),
            nn.ReLU(inplace=True), nn.BatchNorm2d(sum(filters)),
            nn.MaxPool2d(3, stride=3, padding=1), nn.Dropout(drop_rate),
            nn.AvgPool2d(2), nn.Flatten())

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor]:
        """Features.

        Args:
            x (Tensor): Pictures of the flow, ``(N, 3, H, W)``.

        Returns:
            tuple[Tensor]: One of ``(N, D)``; D is 400 for 28 pixels.
        """
        return (self.streams(x), )
