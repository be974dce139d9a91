# Copyright (c) mmfer contributors.
from typing import Optional, Tuple

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import nn

from mmfer.registry import MODELS


def _stream() -> nn.Sequential:
    """Two convolutions over one component of the flow."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, padding=2), nn.ReLU(inplace=True),
        nn.MaxPool2d(2), nn.Flatten())


@MODELS.register_module()
class OffApexNet(BaseBackbone):
    """Two streams, one for each component of the flow from onset to apex.

    Gan et al., `OFF-ApexNet on Micro-expression Recognition System
    <https://arxiv.org/abs/1805.08699>`_, Signal Processing: Image
    Communication 2019. Each stream has two 5x5 convolutions (6 and 16
    filters) with max-pooling; both are joined by two layers of 1,024 units.
    ReLU after the convolutions and the place of dropout are our choice.

    Args:
        size (int): Side of the pictures in pixels, a multiple of 4. Defaults
            to 28.
        channels (int): Units of the joining layers. Defaults to 1024.
        drop_rate (float): After each of them. Defaults to 0.5.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.

    Raises:
        ValueError: If ``size`` is no multiple of 4.
    """

    def __init__(self,
                 size: int = 28,
                 channels: int = 1024,
                 drop_rate: float = 0.5,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if size % 4:
            raise ValueError(f'size must be a multiple of 4, got {size}')
        self.horizontal, self.vertical = _stream(), _stream()
        self.join = nn.Sequential(
            nn.Linear(2 * 16 * (size // 4)**2, channels),
            nn.ReLU(inplace=True), nn.Dropout(drop_rate),
            nn.Linear(channels, channels),
            nn.ReLU(inplace=True), nn.Dropout(drop_rate))

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor]:
        """Features.

        Args:
            x (Tensor): Flow, ``(N, 2 or more, size, size)``: horizontal and
                vertical component first, the others are not looked at.

        Returns:
            tuple[Tensor]: One of ``(N, channels)``.
        """
        both = (self.horizontal(x[:, :1]), self.vertical(x[:, 1:2]))
        return (self.join(torch.cat(both, 1)), )
