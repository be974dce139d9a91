# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample

from mmfer.registry import MODELS
from .base_fer_head import FEATURES
from .class_attention_head import ClassAttentionHead


@MODELS.register_module()
class AttentionConsistencyHead(ClassAttentionHead):
    """Classify one view of a face, compare its attention with a second's.

    From `Learn From All <https://arxiv.org/abs/2207.10299>`_.

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
        super().__init__(num_classes, in_channels, **kwargs)
        self.consistency = MODELS.build(consistency)

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
            super().get_losses(outputs, data_samples),
            loss_consistency=self.consistency(outputs['maps'],
                                              outputs['second_maps']))
