# Copyright (c) mmfer contributors.
from abc import abstractmethod
from typing import Any, Optional, Sequence

import torch
from torch import nn

from .class_weights import class_weights


class BaseReweightedLoss(nn.Module):
    r"""A loss whose mean gives rare classes a larger part.

    .. math::
        L = \frac{\sum_i w_{y_i} \ell_i}{\sum_i w_{y_i}}, \quad
        w_c \propto \omega_c^q, \quad \sum_c w_c = C

    with the weights :math:`\omega` of :func:`class_weights`. The exponent
    :math:`q` is 0, all classes alike, until
    :class:`~mmfer.engine.hooks.ReweightingHook` changes it.

    Args:
        counts (Sequence[int]): Training samples of each of the C classes.
        weighting (str): See :func:`class_weights`. Defaults to
            ``'inverse'``.
        beta (float): See :func:`class_weights`. Defaults to 0.9999.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If a class has no samples, or the weighting is unknown.
    """

    def __init__(self,
                 counts: Sequence[int],
                 weighting: str = 'inverse',
                 beta: float = 0.9999,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        weights = class_weights(counts, weighting, beta)
        counts = torch.tensor(counts, dtype=torch.float32)
        # They follow from the config and the epoch.
        self.register_buffer('counts', counts, persistent=False)
        self.register_buffer('full_weights', weights, persistent=False)
        self.register_buffer('weights', torch.ones_like(weights),
                             persistent=False)

    @torch.no_grad()
    def set_exponent(self, exponent: float) -> None:
        """Give the classes their weights.

        Args:
            exponent (float): :math:`q`: 0 for equal weights, 1 for the full
                ones.
        """
        weights = self.full_weights.double()**exponent
        self.weights.copy_(weights * len(weights) / weights.sum())

    @abstractmethod
    def losses(self, cls_score: torch.Tensor,
               label: torch.Tensor) -> torch.Tensor:
        """The loss of each sample.

        Args:
            cls_score (Tensor): float32 ``(N, C)``.
            label (Tensor): int64 ``(N, )``.

        Returns:
            Tensor: ``(N, )``.
        """

    def forward(self,
                cls_score: torch.Tensor,
                label: torch.Tensor,
                weight: Optional[torch.Tensor] = None,
                avg_factor: Optional[float] = None,
                **kwargs: Any) -> torch.Tensor:
        """The loss, in float32.

        Args:
            cls_score (Tensor): Logits, ``(N, C)``.
            label (Tensor): int64 ``(N, )``.
            weight (Tensor, optional): Further weights of the samples,
                ``(N, )``. Defaults to None, all 1.
            avg_factor (float, optional): Not used: the mean is over the
                weights.

        Returns:
            Tensor: A scalar.

        Raises:
            ValueError: If the labels are distributions.
        """
        if label.ndim != 1:
            raise ValueError(
                f'{type(self).__name__} needs one label of each sample, got '
                f'the shape {tuple(label.shape)}. Remedy: target=\'majority\' '
                'in the dataset, or another loss')
        weights = self.weights[label]
        if weight is not None:
            weights = weights * weight
        return self.loss_weight * self.reduce(
            self.losses(cls_score.float(), label), weights)

    def reduce(self, losses: torch.Tensor,
               weights: torch.Tensor) -> torch.Tensor:
        """The weighted mean of losses ``(N, )``."""
        return (weights * losses).sum() / weights.sum()
