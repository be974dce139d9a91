# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
from mmpretrain.structures import DataSample
from torch import nn
from torch.nn.functional import normalize

from mmfer.registry import MODELS
from .base_fer_head import FEATURES, BaseFERHead


@MODELS.register_module()
class CosineHead(BaseFERHead):
    """Classes told by the cosine between the feature and their direction.

    Logits are the cosines times ``scale``. The classification loss gets the
    logits divided by it, the cosines: losses with margins, such as
    :class:`~mmfer.models.losses.LDAMLoss`, scale them on their own.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of the pooled feature.
        scale (float): That of the loss, so that the probabilities fit it.
            Defaults to 30.
        **kwargs: See :class:`BaseFERHead`.

    Raises:
        ValueError: If ``scale`` is not positive.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 scale: float = 30.,
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        if scale <= 0:
            raise ValueError(f'scale must be positive, got {scale}')
        self.scale = scale
        self.weight = nn.Parameter(torch.empty(num_classes, in_channels))
        nn.init.uniform_(self.weight, -1, 1)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): Pooled features, the last ``(N, D)``.

        Returns:
            dict[str, Tensor]: ``logits`` and ``cosines``, ``(N, C)``.
        """
        cosines = normalize(feats[-1]) @ normalize(self.weight).T
        return dict(logits=self.scale * cosines, cosines=cosines)

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The classification loss."""
        return dict(
            loss_cls=self.classification_loss(
                outputs['logits'] / self.scale, data_samples))
