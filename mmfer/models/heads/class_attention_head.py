# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from ..layers.feature_map import feature_map
from .base_fer_head import FEATURES, BaseFERHead


@MODELS.register_module()
class ClassAttentionHead(BaseFERHead):
    """Classify a face, and tell where the network sees each class.

    The attention map of a class is the feature map weighted with the weights
    of that class, as in `Learning Deep Features for Discriminative
    Localization <https://arxiv.org/abs/1512.04150>`_. The head takes the
    feature map itself: the model has no pooling neck.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Channels D of the feature map.
        **kwargs: See :class:`BaseFERHead`.
    """

    def __init__(self, num_classes: int, in_channels: int,
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        self.fc = nn.Linear(in_channels, num_classes)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): Feature maps, the last ``(N, D, H, W)``.

        Returns:
            dict[str, Tensor]: ``logits``.
        """
        x = feature_map(feats, type(self).__name__)
        return dict(logits=self.fc(x.mean((2, 3))))

    def attention(self, feats: FEATURES) -> torch.Tensor:
        """Attention maps of all classes, ``(N, C, H, W)``.

        They have no bias and give no gradient to the weights of the classes,
        as in `Learn From All <https://arxiv.org/abs/2207.10299>`_.

        Args:
            feats (Sequence[Tensor]): Feature maps, the last ``(N, D, H, W)``.
        """
        x = feature_map(feats, type(self).__name__)
        weight = self.fc.weight.detach()
        return nn.functional.conv2d(x, weight[:, :, None, None])

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The classification loss."""
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples))
