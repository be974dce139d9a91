# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class AttentionConsistencyLoss(nn.Module):
    """Two views of a sample are attended to at the same places.

    From `Learn From All <https://arxiv.org/abs/2207.10299>`_: the mean
    squared difference of the attention maps of an image and of its mirror,
    the second mirrored back.

    Args:
        mirrored (bool): Whether the second view is mirrored. Defaults to
            True.
        loss_weight (float): Defaults to 5.0, the released code's.
    """

    def __init__(self,
                 mirrored: bool = True,
                 loss_weight: float = 5.0) -> None:
        super().__init__()
        self.mirrored = mirrored
        self.loss_weight = loss_weight

    def forward(self, first: torch.Tensor,
                second: torch.Tensor) -> torch.Tensor:
        """The loss, in float32; both views receive its gradient.

        Args:
            first (Tensor): Maps of the first view, ``(N, C, H, W)``.
            second (Tensor): Maps of the second view, the same shape.

        Returns:
            Tensor: A scalar.

        Raises:
            ValueError: If the shapes differ.
        """
        if first.shape != second.shape:
            raise ValueError(f'the maps of two views must be of one shape, '
                             f'got {tuple(first.shape)} and '
                             f'{tuple(second.shape)}')
        second = second.float()
        if self.mirrored:
            second = second.flip(-1)
        difference = first.float() - second
        return self.loss_weight * difference.square().mean()
