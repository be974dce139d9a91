# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from ..layers.feature_map import feature_map
from .base_fer_head import FEATURES, BaseFERHead


@MODELS.register_module()
class AttentionConsistencyHead(BaseFERHead):
    """Classify one view of a face, compare its attention with a second's.

    From `Learn From All <https://arxiv.org/abs/2207.10299>`_. The attention
    map of a class is the feature map weighted with the weights of that
    class, without its bias and without a gradient to the weights. The head
    takes the feature map itself: the model has no pooling neck.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Channels D of the feature map.
        consistency (dict): The loss on the maps of both views. Defaults to
            ``dict(type='AttentionConsistencyLoss')``.
        **kwargs: See :class:`BaseFERHead`.
    """

    num_views = 2

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 consistency: dict = dict(type='AttentionConsistencyLoss'),
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        self.fc = nn.Linear(in_channels, num_classes)
        self.consistency = MODELS.build(consistency)

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

        Args:
            feats (Sequence[Tensor]): Feature maps, the last ``(N, D, H, W)``.
        """
        x = feature_map(feats, type(self).__name__)
        weight = self.fc.weight.detach()
        return nn.functional.conv2d(x, weight[:, :, None, None])

    def training_outputs(self, feats: Sequence[FEATURES],
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """The logits of the first view and the attention maps of both.

        Args:
            feats (Sequence[Sequence[Tensor]]): The feature maps of both
                views.
            data_samples (Sequence[DataSample]): N samples; not looked at.
        """
        first, second = feats
        return dict(
            self.outputs(first),
            maps=self.attention(first),
            second_maps=self.attention(second))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """Classification and consistency loss."""
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples),
            loss_consistency=self.consistency(outputs['maps'],
                                              outputs['second_maps']))
