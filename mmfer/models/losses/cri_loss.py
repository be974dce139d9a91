# Copyright (c) mmfer contributors.
import math
from typing import Any, Optional, Sequence

import torch
from torch.nn.functional import cross_entropy

from mmfer.registry import MODELS
from .base_reweighted_loss import BaseReweightedLoss
from .focal_cross_entropy_loss import focal
from .label_margins import label_margins, with_margins

_CORRECTIONS = ('zero', 'fix', 'decrease', 'none')


@MODELS.register_module()
class CRILoss(BaseReweightedLoss):
    r"""Margins, focal modulation and class weights, without the extremes.

    The coupling-regulation-imbalance loss of `Phased Progressive Learning
    <https://arxiv.org/abs/2205.12117>`_, for logits that are cosines: cross
    entropy with :func:`label_margins`, made focal, and a correction of losses
    above :math:`\theta = -(1 - T)^\gamma \log T`, which it takes for
    outliers: ``'zero'`` makes them 0, ``'fix'`` sets them to
    :math:`\theta`, ``'decrease'`` makes them
    :math:`\theta e^{-\ell} / T`.

    The authors' code corrects the mean of the batch, where such a loss
    practically never occurs; ``per_sample=True`` corrects each sample, which
    their text suggests. With cosines and a scale of 30 no loss reaches the
    :math:`\theta` of their :math:`T`; for samples take about 1e-4
    (:math:`\theta = 9.2`).

    Args:
        counts (Sequence[int], optional): See :class:`BaseReweightedLoss`.
            Defaults to None.
        max_margin (float): Of the rarest class, in cosines. Defaults to 0.1.
        scale (float): What the logits are multiplied with. Defaults to 30.
        gamma (float): Of the focal modulation, from 0. Defaults to 1.0.
        correction (str): One of the three, or ``'none'``. Defaults to
            ``'zero'``.
        outlier_probability (float): :math:`T`, in (0, 1). Defaults to 1e-50.
        per_sample (bool): Defaults to False, as released.
        **kwargs: See :class:`BaseReweightedLoss`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 counts: Optional[Sequence[int]] = None,
                 max_margin: float = 0.1,
                 scale: float = 30.,
                 gamma: float = 1.0,
                 correction: str = 'zero',
                 outlier_probability: float = 1e-50,
                 per_sample: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(counts, **kwargs)
        if max_margin < 0 or scale <= 0 or gamma < 0:
            raise ValueError(
                'max_margin and gamma must not be negative and scale '
                f'positive, got {max_margin}, {gamma} and {scale}')
        if correction not in _CORRECTIONS:
            raise ValueError(f'correction must be one of {_CORRECTIONS}, got '
                             f'{correction!r}')
        if not 0 < outlier_probability < 1:
            raise ValueError('outlier_probability must lie in (0, 1), got '
                             f'{outlier_probability}')
        self.max_margin, self.scale, self.gamma = max_margin, scale, gamma
        self.correction, self.per_sample = correction, per_sample
        self.log_outlier = math.log(outlier_probability)
        self.largest = -(1 - outlier_probability)**gamma * self.log_outlier

    def losses(self, cls_score: torch.Tensor,
               label: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseReweightedLoss.losses`."""
        margins = label_margins(self.counts, self.max_margin)
        logits = self.scale * with_margins(cls_score, label, margins)
        return focal(cross_entropy(logits, label, reduction='none'),
                     self.gamma)

    def reduce(self, losses: torch.Tensor, weights: torch.Tensor,
               share: torch.Tensor) -> torch.Tensor:
        """The weighted mean, corrected after or before."""
        if self.per_sample:
            return super().reduce(self.correct(losses), weights, share)
        return self.correct(super().reduce(losses, weights, share))

    def correct(self, losses: torch.Tensor) -> torch.Tensor:
        """Losses without extremes, any shape."""
        if self.correction == 'none':
            return losses
        if self.correction == 'zero':
            instead = torch.zeros_like(losses)
        elif self.correction == 'fix':
            instead = torch.full_like(losses, self.largest)
        else:
            # 1 / T overflows; the clamp keeps what is not chosen finite.
            instead = self.largest * (-losses - self.log_outlier).clamp(
                max=0).exp()
        return torch.where(losses > self.largest, instead, losses)
