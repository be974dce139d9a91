# Copyright (c) mmfer contributors.
from typing import Any, Optional, Sequence

import torch
from torch.nn.functional import cross_entropy

from mmfer.registry import MODELS
from .base_reweighted_loss import BaseReweightedLoss

_SOURCES = ('unweighted', 'weighted')


@MODELS.register_module()
class FocalCrossEntropyLoss(BaseReweightedLoss):
    r"""Cross entropy that looks away from what is known already.

    :math:`\ell = (1 - p_y)^\gamma (-\log p_y)`, `Focal Loss
    <https://arxiv.org/abs/1708.02002>`_ for one label out of several.

    With ``p_from='weighted'`` it is the form in the released code of LDAM:
    :math:`p = e^{-w_y \ell}` of the cross entropy :math:`\ell` times the
    class weight, :math:`L = \frac{1}{N} \sum_i (1 - p_i)^\gamma w_{y_i}
    \ell_i`. Without class weights both are the same.

    Args:
        counts (Sequence[int], optional): See :class:`BaseReweightedLoss`.
            Defaults to None.
        gamma (float): From 0, which is cross entropy. Defaults to 1.0.
        p_from (str): ``'unweighted'`` or ``'weighted'``. Defaults to
            ``'unweighted'``.
        **kwargs: See :class:`BaseReweightedLoss`.

    Raises:
        ValueError: If ``gamma`` is negative or ``p_from`` unknown.
    """

    def __init__(self,
                 counts: Optional[Sequence[int]] = None,
                 gamma: float = 1.0,
                 p_from: str = 'unweighted',
                 **kwargs: Any) -> None:
        super().__init__(counts, **kwargs)
        if gamma < 0:
            raise ValueError(f'gamma must not be negative, got {gamma}')
        if p_from not in _SOURCES:
            raise ValueError(f'p_from must be one of {_SOURCES}, got '
                             f'{p_from!r}')
        self.gamma, self.p_from = gamma, p_from

    def losses(self, cls_score: torch.Tensor,
               label: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseReweightedLoss.losses`; the plain cross entropies
        with ``p_from='weighted'``."""
        loss = cross_entropy(cls_score, label, reduction='none')
        return loss if self.p_from == 'weighted' else focal(loss, self.gamma)

    def reduce(self, losses: torch.Tensor, weights: torch.Tensor,
               share: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseReweightedLoss.reduce`."""
        if self.p_from == 'unweighted':
            return super().reduce(losses, weights, share)
        weighted = focal(weights * losses, self.gamma)
        return (share * weighted).sum() / share.sum()


def focal(loss: torch.Tensor, gamma: float) -> torch.Tensor:
    r""":math:`(1 - p)^\gamma \ell` of cross entropies
    :math:`\ell = -\log p`, any shape."""
    # The root of 0 has no slope.
    return (-torch.expm1(-loss)).clamp(min=1e-12)**gamma * loss
