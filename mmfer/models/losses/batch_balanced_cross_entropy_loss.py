# Copyright (c) mmfer contributors.
from typing import Any, Optional

import torch
from torch import nn

from mmfer.registry import MODELS
from .batch_class_weights import batch_class_weights
from .target_check import check_rows, check_targets


@MODELS.register_module()
class BatchBalancedCrossEntropyLoss(nn.Module):
    r"""Cross entropy with weights of the classes from each batch.

    .. math::
        L = -\frac{1}{N} \sum_i \omega_{y_i} \log p_i(y_i)

    with the weights :math:`\omega` of :func:`batch_class_weights`, whose mean
    over the samples is 1. They come from the labels that the batch carries,
    corrected ones included, and from one process. The form of the weights is
    our choice.

    Args:
        power (float): Exponent of the rarity of a class, from 0; 0 is plain
            cross entropy. Defaults to 0.5.
        low (float): The least weight, above 0, before the scaling to mean 1.
            Defaults to 0.5.
        high (float): The largest. Defaults to 2.0.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 power: float = 0.5,
                 low: float = 0.5,
                 high: float = 2.0,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if not power >= 0:
            raise ValueError(f'power must not be negative, got {power}')
        if not 0 < low <= high:
            raise ValueError('low and high must be positive and in order, got '
                             f'{low} and {high}')
        self.power, self.low, self.high = power, low, high
        self.loss_weight = loss_weight

    def forward(self,
                cls_score: torch.Tensor,
                label: torch.Tensor,
                weight: Optional[torch.Tensor] = None,
                avg_factor: Optional[float] = None,
                **kwargs: Any) -> torch.Tensor:
        """The loss, in float32.

        Args:
            cls_score (Tensor): Logits, ``(N, C)``.
            label (Tensor): Labels, int64 ``(N, )``, -1 where unknown;
                or distributions, ``(N, C)``, which count as a sample of their
                likeliest class.
            weight (Tensor, optional): Further weights of the samples,
                ``(N, )``. Defaults to None, all 1.
            avg_factor (float, optional): What the sum is divided by. Defaults
                to None, N.

        Returns:
            Tensor: A scalar.
        """
        check_targets(type(self).__name__, cls_score, label)
        check_rows(self, len(label), weight=weight)
        number, num_classes = cls_score.shape
        hard = label if label.ndim == 1 else label.argmax(1)
        weights = batch_class_weights(hard, num_classes, self.power, self.low,
                                      self.high)
        if weight is not None:
            weights = weights * weight
        loss = nn.functional.cross_entropy(
            cls_score.float(), label, reduction='none', ignore_index=-1)
        return self.loss_weight * (weights * loss).sum() / (avg_factor
                                                            or number)
