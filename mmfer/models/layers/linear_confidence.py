# Copyright (c) mmfer contributors.
from typing import Optional

import torch
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class LinearConfidence(nn.Linear):
    """How far a sample is trusted, from its feature alone.

    From `Suppressing Uncertainties <https://arxiv.org/abs/2002.10392>`_:
    ``sigmoid(linear(z))``.

    Args:
        in_channels (int): Length D of the feature.
        num_classes (int, optional): Not needed; blocks of confidence are made
            with the same arguments. Defaults to None.
    """

    #: Whether there is no confidence without labels.
    needs_labels = False

    def __init__(self,
                 in_channels: int,
                 num_classes: Optional[int] = None) -> None:
        super().__init__(in_channels, 1)

    def forward(self,
                features: torch.Tensor,
                labels: Optional[torch.Tensor] = None) -> torch.Tensor:
        """Confidences in (0, 1).

        Args:
            features (Tensor): ``(N, D)``.
            labels (Tensor, optional): Not looked at. Defaults to None.

        Returns:
            Tensor: ``(N, 1)``.
        """
        return super().forward(features).sigmoid()
