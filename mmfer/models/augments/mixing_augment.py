# Copyright (c) mmfer contributors.
import math
from typing import Dict, Optional

import torch
from torch import Tensor

from mmfer.datasets.transforms.geometric_transform import to_probability
from mmfer.errors import ConfigError
from ..layers import one_hot
from .base_augment import BatchAugment, happens


class MixingAugment(BatchAugment):
    """What augments share that mix each sample with another of the batch.

    Each sample has a share of its own, drawn from Beta(alpha, alpha), and a
    partner, given by one random permutation. ``gt_score`` becomes the mixed
    label distribution; it is made from ``gt_label`` where there is none. All
    other targets stay those of the sample itself; the records tell partner
    and share, and nothing else happens to a batch without any target. The
    first two columns of the parameters are partner and share.

    Args:
        alpha (float): Parameter of the Beta distribution, > 0.
        prob (float): The probability that a sample is mixed at all. Defaults
            to 1.
        num_classes (int, optional): How many classes ``gt_score`` gets where
            it is made from ``gt_label``. Defaults to None, ``gt_score`` must
            be there.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 alpha: float,
                 prob: float = 1.,
                 num_classes: Optional[int] = None) -> None:
        if not isinstance(alpha, (int, float)) or not 0 < alpha < math.inf:
            raise ValueError(f'alpha must be a number > 0, got {alpha!r}')
        if num_classes is not None and (type(num_classes) is not int
                                        or num_classes < 1):
            raise ValueError('num_classes must be a positive integer, got '
                             f'{num_classes!r}')
        self.alpha, self.prob = float(alpha), to_probability(prob)
        self.num_classes = num_classes

    def draw_weight(self, count: int) -> Tensor:
        """Draw the share of each sample itself, float64 ``(N,)``."""
        beta = torch.distributions.Beta(
            torch.tensor(self.alpha, dtype=torch.float64),
            torch.tensor(self.alpha, dtype=torch.float64),
            validate_args=False)
        weight = beta.sample((count, ))
        return torch.where(happens(count, self.prob), weight,
                           torch.ones_like(weight))

    @staticmethod
    def draw_partner(count: int) -> Tensor:
        """Draw the partner of each sample, float64 ``(N,)``."""
        return torch.randperm(count, device='cpu').double()

    def change_targets(self, targets: Dict[str, Tensor],
                       records: Dict[str, Tensor], params: Tensor) -> None:
        """See :meth:`BatchAugment.change_targets`.

        Raises:
            ValueError: If there are targets, but neither ``gt_score`` nor
                ``gt_label`` with a number of classes.
        """
        index, weight = params[:, 0].long(), params[:, 1]
        records['mix_index'], records['mix_weight'] = index, weight
        if not targets:
            return
        if 'gt_score' in targets:
            score = targets['gt_score']
        elif 'gt_label' in targets and self.num_classes is not None:
            score = one_hot(targets['gt_label'], self.num_classes)
        else:
            raise ConfigError(f'{type(self).__name__} mixes gt_score, but '
                              f'the targets are {sorted(targets)}',
                              hint='give it num_classes, so that gt_score '
                              'is made from gt_label')
        partner = score.index_select(0, index)
        share = self.label_share(weight, index, targets)
        targets['gt_score'] = torch.lerp(
            partner, score, share.to(score.dtype)[:, None])
        records['mix_label_weight'] = share

    def label_share(self, share: Tensor, index: Tensor,
                    targets: Dict[str, Tensor]) -> Tensor:
        """The share of each sample itself in its mixed label.

        Args:
            share (Tensor): That in the image, float32 ``(N,)``.
            index (Tensor): The partners, int64 ``(N,)``.
            targets (Dict[str, Tensor]): See
                :meth:`BatchAugment.change_targets`.

        Returns:
            Tensor: Float32 ``(N,)`` in [0, 1]; by default the same.
        """
        return share

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(alpha={self.alpha}, '
                f'prob={self.prob}, num_classes={self.num_classes})')
