# Copyright (c) mmfer contributors.
import warnings
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
        class_counts (Sequence[int], optional): Training samples of each of
            the C classes. Defaults to None: where there is a ``weighting``,
            :class:`~mmfer.engine.hooks.ClassCountHook` counts them; without
            it all classes weigh 1, with a warning.
        weighting (str, optional): The weights :math:`w` of the classes, see
            :func:`class_weights`. Defaults to None, all 1; with
            ``class_counts`` to ``'inverse'``.
        beta (float): See :func:`class_weights`. Defaults to 0.9999.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If no class has samples, or the weighting is unknown.
    """

    def __init__(self,
                 class_counts: Optional[Sequence[int]] = None,
                 weighting: Optional[str] = None,
                 beta: float = 0.9999,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if weighting is None and class_counts is not None:
            weighting = 'inverse'
        self.weighting, self.beta = weighting, beta
        self.loss_weight = loss_weight
        # They follow from the training set.
        self.register_buffer('class_weight', torch.empty(0), persistent=False)
        if class_counts is not None:
            self.set_counts(class_counts)
        elif weighting is not None:
            class_weights([1], weighting, beta)  # refuses bad arguments

    @property
    def needs_counts(self) -> bool:
        """Whether classes are to be weighted and were not counted yet."""
        return self.weighting is not None and not len(self.class_weight)

    def set_counts(self, counts: Sequence[int]) -> None:
        """Set the weights of the classes.

        Args:
            counts (Sequence[int]): Training samples of each of the C
                classes.

        Raises:
            ValueError: If no class has any.
        """
        self.class_weight = class_weights(counts, self.weighting, self.beta
                                          ).to(self.class_weight.device)

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
        if self.needs_counts:
            warnings.warn(
                'AddUpLoss does not know how many samples the classes have: '
                "all count alike. Hint: add dict(type='ClassCountHook') to "
                'custom_hooks')
            self.class_weight = logits.new_ones(
                logits.size(1), dtype=torch.float32)
        log_scores = logits.float().log_softmax(1)
        halves = [
            self._cross_entropy(log_scores, target)
            for target in (labels, partner_labels)
        ]
        return self.loss_weight * 0.5 * (halves[0] + halves[1])

    def _cross_entropy(self, log_scores: torch.Tensor,
                       labels: torch.Tensor) -> torch.Tensor:
        loss = nn.functional.nll_loss(log_scores, labels, reduction='none')
        if len(self.class_weight):
            loss = loss * self.class_weight[labels]
        return loss.mean()
