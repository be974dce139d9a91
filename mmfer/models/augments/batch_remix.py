# Copyright (c) mmfer contributors.
import warnings
from typing import Any, Dict, Optional, Sequence

import torch
from torch import Tensor

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from .batch_mixup import BatchMixup


@MODELS.register_module()
class BatchRemix(BatchMixup):
    r"""Mixup whose labels side with the rarer class.

    `Remix: Rebalanced Mixup <https://arxiv.org/abs/2007.03943>`_: an image
    made of the share :math:`\lambda` of a sample of class :math:`i` and the
    rest of one of class :math:`j` is labelled

    - :math:`j` alone, if :math:`n_i / n_j \ge \kappa` and
      :math:`\lambda < \tau`;
    - :math:`i` alone, if :math:`n_i / n_j \le 1 / \kappa` and
      :math:`1 - \lambda < \tau`;
    - with both, as in mixup, otherwise.

    :class:`~mmfer.engine.hooks.PhaseHook` moves the labels from those of
    mixup to these in the course of training; without it they are these.

    Args:
        alpha (float): See :class:`MixingAugment`.
        counts (Sequence[int], optional): Training samples n of each class.
            Defaults to None, told by
            :class:`~mmfer.engine.hooks.ClassCountHook`; without it the labels
            are those of mixup, with a warning.
        kappa (float): From 1. Defaults to 3.
        tau (float): In [0, 1]. Defaults to 0.5.
        **kwargs: See :class:`MixingAugment`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 alpha: float,
                 counts: Optional[Sequence[int]] = None,
                 kappa: float = 3.,
                 tau: float = 0.5,
                 **kwargs: Any) -> None:
        super().__init__(alpha, **kwargs)
        if kappa < 1 or not 0 <= tau <= 1:
            raise ValueError('kappa must be at least 1 and tau lie in [0, 1], '
                             f'got {kappa} and {tau}')
        self.kappa, self.tau, self.phase = kappa, tau, 1.
        self.counts = torch.empty(0)
        if counts is not None:
            self.set_counts(counts)

    @property
    def needs_counts(self) -> bool:
        """Whether the training samples were not counted yet."""
        return not len(self.counts)

    def set_counts(self, counts: Sequence[int]) -> None:
        """Tell the training samples of each class.

        Args:
            counts (Sequence[int]): Of each class.

        Raises:
            ValueError: If no class has any.
        """
        if min(counts) < 0 or max(counts) < 1:
            raise ValueError('classes need samples, got the counts '
                             f'{list(counts)}')
        self.counts = torch.tensor(counts, dtype=torch.float32, device='cpu')
        self.num_classes = self.num_classes or len(counts)

    def set_phase(self, phase: float) -> None:
        """Change the labels.

        Args:
            phase (float): 0 for those of mixup, 1 for the full rule.
        """
        self.phase = phase

    def label_share(self, share: Tensor, index: Tensor,
                    targets: Dict[str, Tensor]) -> Tensor:
        """See :meth:`MixingAugment.label_share`.

        Raises:
            ValueError: If there is no ``gt_label``.
        """
        if self.needs_counts:
            warnings.warn(
                'BatchRemix does not know how many samples the classes have: '
                'the labels are those of mixup. Hint: add '
                "dict(type='ClassCountHook') to custom_hooks, or counts=[...]")
            return share
        if 'gt_label' not in targets:
            raise ConfigError('BatchRemix compares the classes of samples, '
                              f'but the targets are {sorted(targets)}',
                              hint='BatchMixup, or a dataset with labels')
        labels = targets['gt_label']
        # Moves once.
        self.counts = self.counts.to(labels.device, non_blocking=True)
        own = self.counts[labels]
        ratio = own / own.index_select(0, index)
        to_partner = (ratio >= self.kappa) & (share < self.tau)
        to_own = (ratio <= 1 / self.kappa) & (1 - share < self.tau)
        full = torch.where(to_own, torch.ones_like(share),
                           share.masked_fill(to_partner, 0.))
        return torch.lerp(share, full, self.phase)

    def __repr__(self) -> str:
        return (f'{super().__repr__()[:-1]}, kappa={self.kappa}, '
                f'tau={self.tau})')
