# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from .base_auxiliary_head import BaseAuxiliaryHead
from .base_fer_head import FEATURES
from .targets import confidence_of, masked_targets


@MODELS.register_module()
class VAHead(BaseAuxiliaryHead):
    """Valence and arousal from two layers, within [-1, 1] by a tanh.

    Samples may tell how far a detector trusts its labels
    (``va_confidence``); the loss is weighed with it.

    Args:
        hidden_channels (int): Defaults to 128, our choice.
        loss (dict): The loss on predictions and labels. Defaults to
            ``dict(type='CCCLoss')``.
        **kwargs: See :class:`BaseAuxiliaryHead`.
    """

    target = 'gt_va'

    def __init__(self,
                 hidden_channels: int = 128,
                 loss: dict = dict(type='CCCLoss'),
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = nn.Sequential(
            nn.Linear(self.in_channels, hidden_channels), nn.ReLU())
        self.fc = nn.Linear(hidden_channels, 2)
        self.loss_module = MODELS.build(loss)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """Valence and arousal.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.

        Returns:
            dict[str, Tensor]: ``va`` ``(N, 2)`` in [-1, 1].
        """
        return dict(va=self.fc(self.hidden(self.pooled(feats))).tanh())

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The loss of valence and arousal."""
        va = outputs['va']
        return dict(
            loss_va=self.loss_module(
                va, masked_targets(data_samples, self.target, va),
                confidence_of(data_samples, 'va_confidence')))

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """``pred_va``: valence and arousal, ``(N, 2)``."""
        return dict(pred_va=outputs['va'])
