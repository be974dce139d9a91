# Copyright (c) mmfer contributors.
from typing import Any, Optional, Sequence

import torch
from torch.nn.functional import cross_entropy

from mmfer.registry import MODELS
from .base_reweighted_loss import BaseReweightedLoss


@MODELS.register_module()
class LogitAdjustedLoss(BaseReweightedLoss):
    r"""Cross entropy of logits to which the class frequencies are added.

    :math:`\ell = -\log \mathrm{softmax}(z + \tau \log n)_y`, `Long-tail
    Learning via Logit Adjustment <https://arxiv.org/abs/2007.07314>`_; with
    :math:`\tau = 1` it is the `balanced softmax
    <https://arxiv.org/abs/2007.10740>`_. Predictions take the logits as they
    are. A class without samples counts as one with a single sample.

    Args:
        counts (Sequence[int], optional): See :class:`BaseReweightedLoss`.
            Defaults to None.
        tau (float): From 0, which is cross entropy. Defaults to 1.0.
        **kwargs: See :class:`BaseReweightedLoss`.

    Raises:
        ValueError: If ``tau`` is negative.
    """

    def __init__(self,
                 counts: Optional[Sequence[int]] = None,
                 tau: float = 1.0,
                 **kwargs: Any) -> None:
        super().__init__(counts, **kwargs)
        if tau < 0:
            raise ValueError(f'tau must not be negative, got {tau}')
        self.tau = tau

    def losses(self, cls_score: torch.Tensor,
               label: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseReweightedLoss.losses`."""
        return cross_entropy(
            cls_score + self.tau * self.counts.clamp(min=1).log(), label,
            reduction='none')
