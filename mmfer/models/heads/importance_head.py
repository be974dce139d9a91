# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from .base_fer_head import FEATURES, BaseFERHead
from .targets import labels_of


@MODELS.register_module()
class ImportanceHead(BaseFERHead):
    """Logits scaled by one learnt importance for each sample.

    From `Suppressing Uncertainties <https://arxiv.org/abs/2002.10392>`_:
    ``alpha = sigmoid(linear(z))`` multiplies the logits, bias included, in
    training and testing. The prediction stays the same, its confidence does
    not. The importance is given as ``pred_confidence``.

    Other blocks may estimate the importance. One that judges the labels
    (``needs_labels``) does so in training only; without labels the logits are
    those of the linear layer and there is no confidence.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of the pooled feature.
        importance (dict): What estimates the importance from features
            ``(N, D)`` and labels ``(N, )``:
            :class:`~mmfer.models.layers.LinearConfidence` or
            :class:`~mmfer.models.layers.SimilarityConfidence`. Defaults to
            ``dict(type='LinearConfidence')``.
        rank (dict): The loss on the importances. Defaults to
            ``dict(type='RankRegularizationLoss')``.
        **kwargs: See :class:`BaseFERHead`.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 importance: dict = dict(type='LinearConfidence'),
                 rank: dict = dict(type='RankRegularizationLoss'),
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        self.fc = nn.Linear(in_channels, num_classes)
        self.importance = MODELS.build(
            dict(importance, in_channels=in_channels, num_classes=num_classes))
        self.rank = MODELS.build(rank)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): Pooled features, the last ``(N, D)``.

        Returns:
            dict[str, Tensor]: ``logits``, scaled; ``confidence``, the
            importances. Where these need labels, the plain ``logits`` alone.
        """
        return self._scaled(feats[-1])

    def training_outputs(self, feats: FEATURES,
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """Scaled ``logits`` and ``confidence``, knowing the labels."""
        asked = self.importance.needs_labels
        return self._scaled(feats[-1],
                            labels_of(data_samples) if asked else None)

    def _scaled(self, pooled: torch.Tensor,
                labels: Optional[torch.Tensor] = None
                ) -> Dict[str, torch.Tensor]:
        logits = self.fc(pooled)
        if labels is None and self.importance.needs_labels:
            return dict(logits=logits)
        importance = self.importance(pooled, labels)
        return dict(
            logits=importance * logits, confidence=importance.squeeze(1))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """Classification and ranking loss."""
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples),
            loss_rank=self.rank(outputs['confidence']))
