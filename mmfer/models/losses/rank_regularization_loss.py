# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class RankRegularizationLoss(nn.Module):
    r"""A trusted and a distrusted part of each batch, apart by a margin.

    From `Suppressing Uncertainties
    <https://arxiv.org/abs/2002.10392>`_. The largest
    :math:`\lfloor \beta N \rfloor` weights of a batch form the high group,
    the others the low group:

    .. math::
        L = \max(0, \delta - (\bar\alpha_H - \bar\alpha_L))

    The groups are those of one process.

    Args:
        ratio (float): The part :math:`\beta` in the high group. Defaults to
            0.7.
        margin (float): :math:`\delta`. The authors take 0.15 for batches of
            1024 and 0.07 for batches of 64. Defaults to 0.15.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If ``ratio`` is not in (0, 1), or ``margin`` is negative.
    """

    def __init__(self,
                 ratio: float = 0.7,
                 margin: float = 0.15,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if not 0 < ratio < 1:
            raise ValueError(f'ratio must lie in (0, 1), got {ratio}')
        if margin < 0:
            raise ValueError(f'margin must not be negative, got {margin}')
        self.ratio = ratio
        self.margin = margin
        self.loss_weight = loss_weight

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            weights (Tensor): One importance for each sample, ``(N, )`` or
                ``(N, 1)``.

        Returns:
            Tensor: A scalar; 0 where one of the groups is empty.
        """
        weights = weights.float().flatten()
        number = int(self.ratio * len(weights))  # may wait: plain numbers
        if number in (0, len(weights)):
            return weights.sum() * 0
        ranked = weights.sort(descending=True).values
        gap = ranked[:number].mean() - ranked[number:].mean()
        return self.loss_weight * (self.margin - gap).clamp(min=0)
