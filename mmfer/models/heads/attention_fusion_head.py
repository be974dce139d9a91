# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from .base_fer_head import FEATURES, BaseFERHead
from .targets import labels_of


@MODELS.register_module()
class AttentionFusionHead(BaseFERHead):
    """Fuse attention heads and classify, with normalised logits.

    The fusion part of `Distract Your Attention
    <https://arxiv.org/abs/2109.07270>`_: log-softmax over the heads (left
    out for a single head), sum over them, a linear layer and batch
    normalisation of the logits. In training a batch needs two samples or
    more: set ``drop_last`` in the data loader.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of what a head gives. Defaults to 512.
        affinity (dict): The loss on the pooled map and the labels. Defaults
            to ``dict(type='AffinityLoss')``.
        partition (dict): The loss on the heads. Defaults to
            ``dict(type='PartitionLoss')``.
        **kwargs: See :class:`BaseFERHead`.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int = 512,
                 affinity: dict = dict(type='AffinityLoss'),
                 partition: dict = dict(type='PartitionLoss'),
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        self.fc = nn.Linear(in_channels, num_classes)
        self.bn = nn.BatchNorm1d(num_classes)
        self.affinity = MODELS.build(
            dict(
                dict(num_classes=num_classes, in_channels=in_channels),
                **affinity))
        self.partition = MODELS.build(partition)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (tuple[Tensor, Tensor]): The pooled map ``(N, D)`` and the
                heads ``(N, K, D)``.

        Returns:
            dict[str, Tensor]: ``logits``; ``pooled``, as given; ``heads``,
            after the log-softmax.
        """
        pooled, heads = feats
        if heads.size(1) > 1:
            heads = heads.log_softmax(1)
        logits = self.bn(self.fc(heads.sum(1)))
        return dict(logits=logits, pooled=pooled, heads=heads)

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """Classification, affinity and partition loss."""
        labels = labels_of(data_samples)
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples),
            loss_affinity=self.affinity(outputs['pooled'], labels),
            loss_partition=self.partition(outputs['heads']))
