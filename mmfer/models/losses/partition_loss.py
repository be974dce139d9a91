# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.registry import MODELS

_FORMS = ('log_of_mean', 'mean_of_log')


@MODELS.register_module()
class PartitionLoss(nn.Module):
    r"""Attention heads that differ from each other.

    From `Distract Your Attention <https://arxiv.org/abs/2109.07270>`_. With
    the unbiased variance :math:`v` over the H heads of each channel of each
    sample

    - ``log_of_mean``: :math:`\log(1 + H / (\bar v + \epsilon))`, what the
      released code does;
    - ``mean_of_log``: the mean of :math:`\log(1 + H / (v + \epsilon))` over
      samples and channels, the equation of the paper.

    Args:
        form (str): One of the two. Defaults to ``'log_of_mean'``.
        eps (float): Defaults to 2.2e-16, the precision of float64, with
            which four equal heads give 37.43.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If the form is unknown.
    """

    def __init__(self,
                 form: str = 'log_of_mean',
                 eps: float = 2.220446049250313e-16,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if form not in _FORMS:
            raise ValueError(f'form must be one of {_FORMS}, got {form!r}')
        self.form = form
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self, heads: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            heads (Tensor): What each head gives, ``(N, H, D)``.

        Returns:
            Tensor: A scalar; 0 for a single head.
        """
        heads = heads.float()
        number = heads.size(1)
        if number == 1:
            return heads.sum() * 0
        variance = heads.var(1)
        if self.form == 'log_of_mean':
            variance = variance.mean()
        loss = torch.log(1 + number / (variance + self.eps)).mean()
        return self.loss_weight * loss
