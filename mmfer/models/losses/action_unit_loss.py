# Copyright (c) mmfer contributors.
from typing import Optional, Sequence

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from mmfer.registry import MODELS
from .target_check import check_rows

AVERAGES = ('all', 'known')


@MODELS.register_module()
class ActionUnitLoss(nn.Module):
    r"""Binary cross entropy of action units, of which some are unknown.

    With logits :math:`s`, occurrence :math:`b`, masks :math:`m` (0 where
    :math:`b` is NaN), weights :math:`c_i` of the samples and weights
    :math:`w_k` of the positive side of each unit

    .. math::
        L = -\frac{1}{NK} \sum_{i,k} c_i m_{ik} [w_k b_{ik} \log\sigma(s_{ik})
            + (1 - b_{ik}) \log(1 - \sigma(s_{ik}))]

    Unknown units are multiplied by 0: a batch without any label gives
    exactly 0, and all logits keep their gradient.

    Args:
        pos_weight (Sequence[float], optional): :math:`w_k`, K positive
            numbers; see :func:`au_pos_weights`. Defaults to None, all 1.
        threshold (float, optional): Labels of at least this are occurrence,
            as 1.0 for intensities from 0 to 5. Defaults to None: labels are
            taken as they are and must lie in [0, 1].
        average (str): ``'all'``: over N K, so that every label weighs the
            same in all batches and processes; ``'known'``: over the known
            ones of the batch. Defaults to ``'all'``.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If a weight is not positive, or ``average`` is unknown.
    """

    def __init__(self,
                 pos_weight: Optional[Sequence[float]] = None,
                 threshold: Optional[float] = None,
                 average: str = 'all',
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if average not in AVERAGES:
            raise ValueError(f'average must be one of {AVERAGES}, got '
                             f'{average!r}')
        if pos_weight is not None:
            if not all(weight > 0 for weight in pos_weight):
                raise ValueError('pos_weight must be positive, got '
                                 f'{list(pos_weight)}')
            pos_weight = torch.tensor(pos_weight, dtype=torch.float32)
        self.register_buffer('pos_weight', pos_weight, persistent=False)
        self.threshold = threshold
        self.average = average
        self.loss_weight = loss_weight

    def forward(self,
                au_logits: torch.Tensor,
                au_targets: torch.Tensor,
                weights: Optional[torch.Tensor] = None) -> torch.Tensor:
        """The loss, in float32.

        Args:
            au_logits (Tensor): ``(N, K)``.
            au_targets (Tensor): Occurrence in [0, 1] or, with a threshold,
                intensity; NaN = unknown; ``(N, K)``.
            weights (Tensor, optional): How far the labels of each sample are
                trusted, in [0, 1], ``(N, )``; a detector's confidence for
                example. Defaults to None, all 1.

        Returns:
            Tensor: A scalar.

        Raises:
            ValueError: If the shapes differ.
        """
        if au_logits.shape != au_targets.shape:
            raise ValueError(
                f'logits of shape {tuple(au_logits.shape)} do not fit action '
                f'units of shape {tuple(au_targets.shape)}')
        check_rows(self, len(au_logits), weights=weights)
        unknown = au_targets.isnan()
        targets = au_targets.float().masked_fill(unknown, 0)
        if self.threshold is not None:
            targets = (targets >= self.threshold).float()
        mask = (~unknown).float()
        if weights is not None:
            mask = mask * weights.float()[:, None]
        loss = binary_cross_entropy_with_logits(
            au_logits.float(), targets, pos_weight=self.pos_weight,
            reduction='none')
        total = mask.numel()
        if self.average == 'known':
            total = (~unknown).sum().clamp(min=1)
        return self.loss_weight * (loss * mask).sum() / total


def au_pos_weights(positives: Sequence[int],
                   known: Sequence[int],
                   low: float = 1.0,
                   high: float = 5.0) -> torch.Tensor:
    """Weights of the positive side: negatives a positive, within bounds.

    The bounds are our choice: a rare unit does not drive the step.

    Args:
        positives (Sequence[int]): Samples in which each of K units occurs.
        known (Sequence[int]): Samples in which each unit is labelled.
        low (float): Defaults to 1.0.
        high (float): Also of units that never occur. Defaults to 5.0.

    Returns:
        Tensor: float32 ``(K, )``.

    Examples:
        >>> au_pos_weights([10, 50, 0], [100, 100, 100])
        tensor([5., 1., 5.])
    """
    positive = torch.as_tensor(positives, dtype=torch.float64)
    negative = torch.as_tensor(known, dtype=torch.float64) - positive
    return (negative / positive.clamp(min=1e-9)).clamp(low, high).float()
