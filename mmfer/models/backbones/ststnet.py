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
    has 1,683 parameters. Names of parts are those of the authors' port.

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
        self.num_streams = len(filters)
        for i, number in enumerate(filters, 1):
            self.add_module(f'conv{i}',
                            nn.Conv2d(in_channels, number, 3, padding=2))
            self.add_module(f'bn{i}', nn.BatchNorm2d(number))
        self.maxpool = nn.MaxPool2d(3, stride=3, padding=1)
        self.dropout = nn.Dropout(drop_rate)
        self.avgpool = nn.AvgPool2d(2)

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor]:
        """Features.

        Args:
            x (Tensor): Pictures of the flow, ``(N, 3, H, W)``.

        Returns:
            tuple[Tensor]: One of ``(N, D)``; D is 400 for 28 pixels.
        """
        streams = []
        for i in range(1, self.num_streams + 1):
            conv, norm = getattr(self, f'conv{i}'), getattr(self, f'bn{i}')
            streams.append(self.maxpool(norm(conv(x).relu())))
        x = self.avgpool(self.dropout(torch.cat(streams, 1)))
        return (x.flatten(1), )
