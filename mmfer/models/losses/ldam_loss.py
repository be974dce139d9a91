# Copyright (c) mmfer contributors.
from typing import Any, Optional, Sequence

import torch
from torch.nn.functional import cross_entropy

from mmfer.registry import MODELS
from .base_reweighted_loss import BaseReweightedLoss
from .label_margins import label_margins, with_margins


@MODELS.register_module()
class LDAMLoss(BaseReweightedLoss):
    """Cross entropy with a margin for each class, larger for rare ones.

    `Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss
    <https://arxiv.org/abs/1906.07413>`_, for logits that are cosines, such as
    those of :class:`~mmfer.models.heads.CosineHead`. Deferred re-weighting
    is a step of :class:`~mmfer.engine.hooks.PhaseHook`.

    Args:
        counts (Sequence[int], optional): See :class:`BaseReweightedLoss`.
            Defaults to None.
        max_margin (float): Of the rarest class, in cosines. Defaults to 0.5.
        scale (float): What the logits are multiplied with. Defaults to 30.
        **kwargs: See :class:`BaseReweightedLoss`.

    Raises:
        ValueError: If a number is not positive.
    """

    def __init__(self,
                 counts: Optional[Sequence[int]] = None,
                 max_margin: float = 0.5,
                 scale: float = 30.,
                 **kwargs: Any) -> None:
        super().__init__(counts, **kwargs)
        if max_margin < 0 or scale <= 0:
            raise ValueError('max_margin must not be negative and scale '
                             f'positive, got {max_margin} and {scale}')
        self.max_margin, self.scale = max_margin, scale

    def losses(self, cls_score: torch.Tensor,
               label: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseReweightedLoss.losses`."""
        margins = label_margins(self.counts, self.max_margin)
        logits = self.scale * with_margins(cls_score, label, margins)
        return cross_entropy(logits, label, reduction='none')
