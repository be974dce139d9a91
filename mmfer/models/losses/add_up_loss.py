# Copyright (c) mmfer contributors.
from typing import Optional, Sequence

import torch
from torch import nn

from mmfer.registry import MODELS
from .class_weights import class_weights


@MODELS.register_module()
class AddUpLoss(nn.Module):
    r"""A mixed feature is to be classified as both of its labels.

    From `Relative Uncertainty Learning
    <https://openreview.net/forum?id=h1-ilmYbdea>`_:

    .. math::
        L = \frac{1}{N} \sum_i \tfrac{1}{2} w_{y_i} CE(p_i, y_i) +
            \tfrac{1}{2} w_{y'_i} CE(p_i, y'_i)

    whatever the parts of the two in the mix. The mean is over the samples,
    not over the weights, which would cancel part of them.

    Args:
        class_counts (Sequence[int], optional): Samples of each class, for
            weights of the classes. Defaults to None, all 1.
        weighting (str): See :func:`class_weights`. Defaults to
            ``'inverse'``.
        beta (float): See :func:`class_weights`. Defaults to 0.9999.
        loss_weight (float): Defaults to 1.0.
    """

    def __init__(self,
                 class_counts: Optional[Sequence[int]] = None,
                 weighting: str = 'inverse',
                 beta: float = 0.9999,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        weights = class_weights(class_counts, weighting,
                                beta) if class_counts else None
        self.register_buffer('class_weight', weights, persistent=False)
        self.loss_weight = loss_weight

    def forward(self, logits: torch.Tensor, labels: torch.Tensor,
                partner_labels: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            logits (Tensor): Of the mixed features, ``(N, C)``.
            labels (Tensor): int64 ``(N, )``.
            partner_labels (Tensor): int64 ``(N, )``.

        Returns:
            Tensor: A scalar.
        """
        log_scores = logits.float().log_softmax(1)
        halves = [
            self._cross_entropy(log_scores, target)
            for target in (labels, partner_labels)
        ]
        return self.loss_weight * 0.5 * (halves[0] + halves[1])

    def _cross_entropy(self, log_scores: torch.Tensor,
                       labels: torch.Tensor) -> torch.Tensor:
        loss = nn.functional.nll_loss(log_scores, labels, reduction='none')
        if self.class_weight is not None:
            loss = loss * self.class_weight[labels]
        return loss.mean()
