# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from ..layers.pooled_feature import pooled_feature
from .base_fer_head import CONFIG, FEATURES, BaseFERHead
from .logits_head import build_expression_head
from .targets import labels_of


@MODELS.register_module()
class ImportanceHead(BaseFERHead):
    r"""Logits scaled by a learned confidence in each sample.

    From `Suppressing Uncertainties <https://arxiv.org/abs/2002.10392>`_: the
    confidence :math:`\alpha = \mathrm{sigmoid}(w^T z + b)` of the pooled
    feature z multiplies the logits, bias included, in training and testing,
    so that the classification loss of a sample with a low confidence moves
    the network less. A loss on the ranking of the confidences in a batch
    keeps them apart.

    The logits are those of a linear layer, as in the paper, or of any other
    head for expressions, whose own losses then see the scaled logits. The
    predicted class is that of the unscaled logits, its probability is not:
    ``pred_score`` is the softmax of the scaled logits. The confidence is
    ``pred_confidence``, and the ``confidence`` by which label and template
    banks select samples.

    Other blocks may estimate the confidence. One that judges the labels
    (``needs_labels``) does so in training only; without labels the logits are
    not scaled and there is no confidence.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of the pooled feature.
        head (dict, optional): The config of the head that gives the logits:
            a :class:`BaseFERHead` without a confidence of its own, or one of
            MMPretrain's with its common loss, as ``LinearClsHead``.
            ``num_classes``, ``in_channels`` and ``loss`` are given to it
            where it does not name them. Defaults to None, a linear layer.
        importance (dict): The block that estimates the confidence from
            features ``(N, D)`` and labels ``(N, )``:
            :class:`~mmfer.models.layers.LinearConfidence` or
            :class:`~mmfer.models.layers.SimilarityConfidence`. Defaults to
            ``dict(type='LinearConfidence')``.
        rank (dict): The loss on the confidences. Defaults to
            ``dict(type='RankRegularizationLoss')``.
        feat_index (int): Which of the features the block takes; a map is
            averaged. Defaults to -1, the last.
        loss (dict, optional): The classification loss on the scaled logits.
            Defaults to None, that of the head, cross entropy for the linear
            layer.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.

    Raises:
        ConfigError: If the head cannot give logits, or, in the first step,
            if it estimates a confidence itself.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 head: Optional[dict] = None,
                 importance: dict = dict(type='LinearConfidence'),
                 rank: dict = dict(type='RankRegularizationLoss'),
                 feat_index: int = -1,
                 loss: Optional[CONFIG] = None,
                 init_cfg: Optional[dict] = None) -> None:
        shape = dict(num_classes=num_classes, in_channels=in_channels)
        own = {} if loss is None else dict(loss=loss)
        if head is not None:
            head = build_expression_head({**shape, **own, **head})
            own = dict(loss=head.loss_module)
        super().__init__(num_classes, init_cfg=init_cfg, **own)
        self.head, self.feat_index = head, feat_index
        if head is None:
            self.fc = nn.Linear(in_channels, num_classes)
        else:
            self.num_views = head.num_views
        self.importance = MODELS.build(dict(importance, **shape))
        self.rank = MODELS.build(rank)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give, among it
                the feature of the block, ``(N, D)`` or ``(N, D, H, W)``.

        Returns:
            dict[str, Tensor]: What the head gives, with scaled ``logits``;
            ``confidence``, in (0, 1). Where this needs labels, what the head
            gives alone.
        """
        if self.head is None:
            return self._scaled(self._linear(feats), feats)
        return self._scaled(self.head.outputs(feats), feats)

    def training_outputs(self, feats: FEATURES,
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """As :meth:`outputs`, knowing the labels.

        Of several views, the confidence is that of the first.
        """
        first = feats[0] if self.num_views > 1 else feats
        plain = self._linear(feats) if self.head is None else (
            self.head.training_outputs(feats, data_samples))
        labels = None
        if self.importance.needs_labels:
            labels = labels_of(data_samples)
        return self._scaled(plain, first, labels)

    def _linear(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        return dict(logits=self.fc(pooled_feature(feats, self.feat_index)))

    def _scaled(self,
                outputs: Dict[str, torch.Tensor],
                feats: FEATURES,
                labels: Optional[torch.Tensor] = None
                ) -> Dict[str, torch.Tensor]:
        if 'confidence' in outputs:
            raise ConfigError(
                f'{type(self.head).__name__} estimates a confidence itself',
                hint='use it without ImportanceHead')
        if labels is None and self.importance.needs_labels:
            return outputs
        confidence = self.importance(
            pooled_feature(feats, self.feat_index), labels)
        return dict(
            outputs,
            logits=confidence * outputs['logits'],
            confidence=confidence.squeeze(1))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The losses of the head on scaled logits, and the ranking loss."""
        outputs = dict(outputs)
        rank = self.rank(outputs.pop('confidence'))
        if self.head is None:
            losses = dict(
                loss_cls=self.classification_loss(outputs['logits'],
                                                  data_samples))
        else:
            losses = self.head.get_losses(outputs, data_samples)
        return dict(losses, loss_rank=rank)

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.predictions`, and what the head predicts."""
        if self.head is None:
            return super().predictions(outputs)
        return self.head.predictions(outputs)
