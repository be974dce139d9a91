# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence, Union

import torch
from mmpretrain.structures import DataSample

from mmfer.registry import MODELS
from mmfer.structures import au_names
from .base_auxiliary_head import BaseAuxiliaryHead
from .targets import confidence_of, masked_targets


class BaseAUHead(BaseAuxiliaryHead):
    """What heads for action units share: names, loss, prediction.

    Samples may tell how far a detector trusts its labels
    (``au_confidence``); the loss is weighed with it.

    Args:
        au_set (str or Sequence[int]): The K action units in the order of
            ``gt_au``: a key of ``AU_SETS`` or FACS numbers.
        loss (dict): The loss on logits and labels. Defaults to
            ``dict(type='ActionUnitLoss')``.
        **kwargs: See :class:`BaseAuxiliaryHead`.

    Raises:
        KeyError: If an action unit is unknown.
    """

    target = 'gt_au'

    def __init__(self,
                 au_set: Union[str, Sequence[int]],
                 loss: dict = dict(type='ActionUnitLoss'),
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.au_names = au_names(au_set)
        self.loss_module = MODELS.build(loss)

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The loss of action units."""
        logits = outputs['au_logits']
        return dict(
            loss_au=self.loss_module(
                logits, masked_targets(data_samples, self.target, logits),
                confidence_of(data_samples, 'au_confidence')))

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """``pred_au``: the probability that each unit occurs, ``(N, K)``."""
        return dict(pred_au=outputs['au_logits'].sigmoid())
