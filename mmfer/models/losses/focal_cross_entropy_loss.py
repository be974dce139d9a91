# Copyright (c) mmfer contributors.
from typing import Any, Sequence

import torch
from torch.nn.functional import cross_entropy

from mmfer.registry import MODELS
from .base_reweighted_loss import BaseReweightedLoss


@MODELS.register_module()
class FocalCrossEntropyLoss(BaseReweightedLoss):
    r"""Cross entropy that looks away from what is known already.

    :math:`\ell = (1 - p_y)^\gamma (-\log p_y)`, `Focal Loss
    <https://arxiv.org/abs/1708.02002>`_ for one label out of several.

    Args:
        counts (Sequence[int]): Training samples of each of the C classes.
        gamma (float): From 0, which is cross entropy. Defaults to 1.0.
        **kwargs: See :class:`BaseReweightedLoss`.

    Raises:
        ValueError: If ``gamma`` is negative.
    """

    def __init__(self,
                 counts: Sequence[int],
                 gamma: float = 1.0,
                 **kwargs: Any) -> None:
        super().__init__(counts, **kwargs)
        if gamma < 0:
            raise ValueError(f'gamma must not be negative, got {gamma}')
        self.gamma = gamma

    def losses(self, cls_score: torch.Tensor,
               label: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseReweightedLoss.losses`."""
        loss = cross_entropy(cls_score, label, reduction='none')
        return focal(loss, self.gamma)


def focal(loss: torch.Tensor, gamma: float) -> torch.Tensor:
    r""":math:`(1 - p)^\gamma \ell` of cross entropies
    :math:`\ell = -\log p`, any shape."""
    return (-torch.expm1(-loss))**gamma * loss
