# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from ..layers.pooled_feature import pooled_feature
from .base_fer_head import FEATURES, BaseFERHead


@MODELS.register_module()
class DeepSupervisionHead(BaseFERHead):
    """A linear classifier, and in training further ones on earlier features.

    The idea of `Deeply-Supervised Nets <https://arxiv.org/abs/1409.5185>`_,
    here also for the streams before their fusion.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length of the last feature; a map is averaged.
        aux_channels (Sequence[int]): Lengths of the first features, each of
            which gets a classifier of its own.
        aux_weight (float): The weight of each of their losses. Defaults to
            0.3.
        **kwargs: See :class:`BaseFERHead`.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 aux_channels: Sequence[int],
                 aux_weight: float = 0.3,
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        self.aux_weight = aux_weight
        self.fc = nn.Linear(in_channels, num_classes)
        self.aux_fcs = nn.ModuleList(
            nn.Linear(channels, num_classes) for channels in aux_channels)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`: ``logits`` alone."""
        return dict(logits=self.fc(pooled_feature(feats)))

    def training_outputs(self, feats: FEATURES,
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """Also ``aux_logits``, ``(S, N, C)``."""
        aux = [fc(pooled_feature(feats, k))
               for k, fc in enumerate(self.aux_fcs)]
        return dict(self.outputs(feats), aux_logits=torch.stack(aux))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The classification losses of all."""
        aux = sum(
            self.classification_loss(logits, data_samples)
            for logits in outputs['aux_logits'])
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples),
            loss_aux=self.aux_weight * aux)
