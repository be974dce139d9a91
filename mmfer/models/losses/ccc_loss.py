# Copyright (c) mmfer contributors.
from typing import Optional

import torch
from torch import nn

from mmfer.registry import MODELS
from .va_bins import va_bin_weights
from .target_check import check_rows


@MODELS.register_module()
class CCCLoss(nn.Module):
    r"""Agreement of valence and arousal with labels that may be unknown.

    The sum over both dimensions of

    .. math::
        L_d = (1 - \rho)\,\mathrm{MSE}_d + \rho\,(1 - \mathrm{CCC}_d), \quad
        \mathrm{CCC} = \frac{2\,\mathrm{cov}(x, y)}
            {\mathrm{var}(x) + \mathrm{var}(y) + (\bar x - \bar y)^2 + 10^{-8}}

    with the concordance correlation coefficient of Lin (1989) in biased
    (population) moments, so that a perfect prediction has CCC 1 in a batch
    of any size. All means are weighted means over the known labels of this
    process. A dimension with fewer than ``min_samples`` of them is multiplied
    by 0; the graph is kept.

    Args:
        rho (float): The part of 1 - CCC, in [0, 1]. 1 is the loss of
            Emotion-GCN. Defaults to 0.5, our choice.
        min_samples (int): Known labels that a dimension needs. Defaults to 8,
            our choice.
        balance (bool): Whether samples are weighed by the inverse frequency
            of their place in the valence-arousal plane, see
            :func:`~mmfer.models.losses.va_bin_weights`. Defaults to False.
        eps (float): Defaults to 1e-8.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If ``rho`` is not in [0, 1], or ``min_samples`` is not
            positive.
    """

    def __init__(self,
                 rho: float = 0.5,
                 min_samples: int = 8,
                 balance: bool = False,
                 eps: float = 1e-8,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if not 0 <= rho <= 1:
            raise ValueError(f'rho must lie in [0, 1], got {rho}')
        if min_samples < 1:
            raise ValueError('min_samples must be positive, got '
                             f'{min_samples}')
        self.rho = rho
        self.min_samples = min_samples
        self.balance = balance
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self,
                va: torch.Tensor,
                va_targets: torch.Tensor,
                weights: Optional[torch.Tensor] = None) -> torch.Tensor:
        """The loss, in float32.

        Args:
            va (Tensor): Predictions, ``(N, D)``; D is 2 with ``balance``.
            va_targets (Tensor): Labels, ``(N, D)``, NaN = unknown.
            weights (Tensor, optional): How far the labels of each sample are
                trusted, in [0, 1], ``(N, )``; those of 0 count as unknown.
                Defaults to None, all 1.

        Returns:
            Tensor: A scalar.

        Raises:
            ValueError: If the shapes differ.
        """
        if va.shape != va_targets.shape:
            raise ValueError(f'predictions of shape {tuple(va.shape)} do not '
                             f'fit labels of shape {tuple(va_targets.shape)}')
        check_rows(self, len(va), weights=weights)
        x = va.float()
        unknown = va_targets.isnan()
        y = va_targets.float().masked_fill(unknown, 0)
        mask = (~unknown).float()
        if weights is not None:
            mask = mask * weights.float()[:, None]
        enough = (mask > 0).sum(0) >= self.min_samples
        if self.balance:
            mask = mask * va_bin_weights(va_targets)[:, None]
        share = mask / mask.sum(0).clamp(min=self.eps)
        mse = (share * (x - y).square()).sum(0)
        loss = (1 - self.rho) * mse + self.rho * (1 - self.ccc(x, y, share))
        return self.loss_weight * (loss * enough.float()).sum()

    def ccc(self, x: torch.Tensor, y: torch.Tensor,
            share: torch.Tensor) -> torch.Tensor:
        """Weighted concordance of the columns.

        Args:
            x (Tensor): ``(N, D)``.
            y (Tensor): ``(N, D)``, without NaN.
            share (Tensor): Weights that add up to 1 in each column, or are
                all 0, ``(N, D)``.

        Returns:
            Tensor: ``(D, )``; 0 where one of both is constant.
        """
        mean_x, mean_y = (share * x).sum(0), (share * y).sum(0)
        dx, dy = x - mean_x, y - mean_y
        covariance = (share * dx * dy).sum(0)
        spread = (share * (dx.square() + dy.square())).sum(0)
        return 2 * covariance / (
            spread + (mean_x - mean_y).square() + self.eps)
