# Copyright (c) mmfer contributors.
import warnings
from abc import abstractmethod
from typing import Any, Optional, Sequence

import torch
from torch import nn

from .class_weights import class_weights
from .target_check import LABELS, check_rows, check_targets


class BaseReweightedLoss(nn.Module):
    r"""A loss whose mean gives rare classes a larger part.

    .. math::
        L = \frac{\sum_i w_{y_i} \ell_i}{\sum_i w_{y_i}}, \quad
        w_c \propto \omega_c^q, \quad \sum_c w_c = C

    with the weights :math:`\omega` of :func:`class_weights`. The exponent
    :math:`q` is 0, all classes alike, until
    :class:`~mmfer.engine.hooks.PhaseHook` changes it.

    Args:
        counts (Sequence[int], optional): Training samples of each of the C
            classes. Defaults to None, told by
            :class:`~mmfer.engine.hooks.ClassCountHook`; without it all
            classes count alike, with a warning.
        weighting (str): See :func:`class_weights`. Defaults to
            ``'inverse'``.
        beta (float): See :func:`class_weights`. Defaults to 0.9999.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If no class has samples, or the weighting is unknown.
    """

    def __init__(self,
                 counts: Optional[Sequence[int]] = None,
                 weighting: str = 'inverse',
                 beta: float = 0.9999,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        self.weighting, self.beta = weighting, beta
        self.loss_weight = loss_weight
        # They follow from the training set and the epoch.
        for name in ('counts', 'full_weights', 'weights'):
            self.register_buffer(name, torch.empty(0), persistent=False)
        if counts is not None:
            self.set_counts(counts)
        else:
            class_weights([1], weighting, beta)  # refuses bad arguments

    @property
    def needs_counts(self) -> bool:
        """Whether the training samples were not counted yet."""
        return not len(self.counts)

    def set_counts(self, counts: Sequence[int]) -> None:
        """Tell the training samples of each class.

        Args:
            counts (Sequence[int]): Of each of the C classes.

        Raises:
            ValueError: If no class has any.
        """
        weights = class_weights(counts, self.weighting, self.beta)
        device = self.counts.device
        self.counts = torch.tensor(counts, dtype=torch.float32).to(device)
        self.full_weights = weights.to(device)
        self.weights = torch.ones_like(self.full_weights)

    @torch.no_grad()
    def set_phase(self, phase: float) -> None:
        """Give the classes their weights.

        Args:
            phase (float): :math:`q`: 0 for equal weights, 1 for the full
                ones.
        """
        weights = self.full_weights.double()**phase
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
            weight (Tensor, optional): Shares of the samples in the mean,
                ``(N, )``. Defaults to None, all 1.
            avg_factor (float, optional): Not used: the mean is over the
                weights.

        Returns:
            Tensor: A scalar.

        Raises:
            ConfigError: If the labels are distributions.
        """
        check_targets(
            type(self).__name__, cls_score, label, (LABELS, ),
            "target='majority' in the dataset, a head of mmfer where samples "
            'are mixed, or another loss')
        check_rows(self, len(label), weight=weight)
        if self.needs_counts:
            self._count_alike(cls_score)
        weights = self.weights[label]
        share = torch.ones_like(weights) if weight is None else weight
        return self.loss_weight * self.reduce(
            self.losses(cls_score.float(), label), weights, share)

    def _count_alike(self, cls_score: torch.Tensor) -> None:
        """Go on without counts."""
        warnings.warn(
            f'{type(self).__name__} does not know how many samples the '
            'classes have: all count alike. Hint: add '
            "dict(type='ClassCountHook') to custom_hooks, or counts=[...]")
        self.counts = self.full_weights = cls_score.new_ones(
            cls_score.size(1), dtype=torch.float32)
        self.weights = self.full_weights.clone()

    def reduce(self, losses: torch.Tensor, weights: torch.Tensor,
               share: torch.Tensor) -> torch.Tensor:
        """The mean.

        Args:
            losses (Tensor): See :meth:`losses`, ``(N, )``.
            weights (Tensor): Of the samples' classes, ``(N, )``.
            share (Tensor): Of the samples, ``(N, )``.

        Returns:
            Tensor: A scalar.
        """
        return (share * weights * losses).sum() / (share * weights).sum()
