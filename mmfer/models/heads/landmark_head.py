# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from ..layers.upright_landmarks import upright_landmarks
from .base_auxiliary_head import BaseAuxiliaryHead
from .base_fer_head import FEATURES
from .targets import masked_targets


@MODELS.register_module()
class LandmarkHead(BaseAuxiliaryHead):
    """The shape of a face, as landmarks, from one linear layer.

    It learns landmarks as
    :func:`~mmfer.models.layers.upright_landmarks` moves, turns and scales
    them: what the face does counts, not where it is in the picture. A face
    without all points of its eyes counts as unknown. Which parametrisation
    a paper takes is not known; this one is our choice.

    Args:
        num_landmarks (int): Number of landmarks L, 5 or 68. Defaults to 68.
        loss (dict): The loss on predictions and labels, both
            ``(N, L, 2)`` in distances between the eyes. Defaults to
            ``dict(type='LandmarkLoss')``.
        **kwargs: See :class:`BaseAuxiliaryHead`.
    """

    target = 'gt_landmarks'

    def __init__(self,
                 num_landmarks: int = 68,
                 loss: dict = dict(type='LandmarkLoss'),
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fc = nn.Linear(self.in_channels, 2 * num_landmarks)
        self.loss_module = MODELS.build(loss)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """The shape.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.

        Returns:
            dict[str, Tensor]: ``shape`` ``(N, L, 2)``.
        """
        return dict(shape=self.fc(self.pooled(feats)).unflatten(1, (-1, 2)))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The loss of landmarks."""
        shape = outputs['shape']
        landmarks = masked_targets(data_samples, self.target, shape)
        return dict(
            loss_landmarks=self.loss_module(shape,
                                            upright_landmarks(landmarks)))

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """Nothing: a shape has no place in the picture."""
        return {}
