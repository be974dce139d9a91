# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from .base_fer_head import FEATURES, BaseFERHead


@MODELS.register_module()
class ImportanceHead(BaseFERHead):
    """Logits scaled by one learnt importance for each sample.

    From `Suppressing Uncertainties <https://arxiv.org/abs/2002.10392>`_:
    ``alpha = sigmoid(linear(z))`` multiplies the logits, bias included, in
    training and testing. The prediction stays the same, its confidence does
    not. The importance is given as ``pred_confidence``.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of the pooled feature.
        rank (dict): The loss on the importances. Defaults to
            ``dict(type='RankRegularizationLoss')``.
        **kwargs: See :class:`BaseFERHead`.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 rank: dict = dict(type='RankRegularizationLoss'),
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        self.fc = nn.Linear(in_channels, num_classes)
        self.importance = nn.Linear(in_channels, 1)
        self.rank = MODELS.build(rank)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): Pooled features, the last ``(N, D)``.

        Returns:
            dict[str, Tensor]: ``logits``, scaled; ``confidence``, the
            importances.
        """
        pooled = feats[-1]
        importance = self.importance(pooled).sigmoid()
        return dict(
            logits=importance * self.fc(pooled),
            confidence=importance.squeeze(1))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """Classification and ranking loss."""
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples),
            loss_rank=self.rank(outputs['confidence']))
