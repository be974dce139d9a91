# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class LandmarkLoss(nn.Module):
    """Mean absolute error of landmarks, of which some are unknown.

    The mean is over all landmarks of the batch; unknown ones add 0 and keep
    the graph.

    Args:
        loss_weight (float): Defaults to 1.0.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, landmarks: torch.Tensor,
                landmark_targets: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            landmarks (Tensor): Predictions, ``(N, L, 2)``.
            landmark_targets (Tensor): ``(N, L, 2)``, NaN = unknown.

        Returns:
            Tensor: A scalar.

        Raises:
            ValueError: If the shapes differ.
        """
        if landmarks.shape != landmark_targets.shape:
            raise ValueError(
                f'predictions of shape {tuple(landmarks.shape)} do not fit '
                f'landmarks of shape {tuple(landmark_targets.shape)}')
        unknown = landmark_targets.isnan()
        targets = landmark_targets.float().masked_fill(unknown, 0)
        error = (landmarks.float() - targets).abs() * ~unknown
        return self.loss_weight * error.mean()
