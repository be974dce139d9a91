# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.registry import MODELS
from .base_fer_head import FEATURES, BaseFERHead

_EPS = 1e-6


@MODELS.register_module()
class ClassEvidenceHead(BaseFERHead):
    """A classifier whose own weights say where an early map is worth a look.

    Both maps are pooled to a grid. The early one, weighted as the classifier
    weights the late one, gives a map of evidence for each class; each is
    stretched to [0, 1], and their mean gates the late map. The attention
    without parameters of RCN-A (Xia et al., IEEE TIP 2020); ``1e-6`` in the
    denominator is ours.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Channels D of both maps.
        grid (int): Side of the grid. Defaults to 5.
        **kwargs: See :class:`BaseFERHead`.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 grid: int = 5,
                 **kwargs: Any) -> None:
        super().__init__(num_classes, **kwargs)
        self.grid = grid
        self.fc = nn.Linear(in_channels * grid**2, num_classes)

    def gates(self, early: torch.Tensor) -> torch.Tensor:
        """The gate of each place.

        Args:
            early (Tensor): The early map, ``(N, D, grid, grid)``.

        Returns:
            Tensor: In [0, 1], ``(N, 1, grid, grid)``.
        """
        weights = self.fc.weight.unflatten(1, early.shape[1:])
        evidence = torch.einsum('ndhw,cdhw->nchw', early, weights)
        evidence = evidence / early.size(1)
        low = evidence.amin((2, 3), keepdim=True)
        high = evidence.amax((2, 3), keepdim=True)
        stretched = (evidence - low) / (high - low + _EPS)
        return stretched.mean(1, keepdim=True)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.outputs`.

        Args:
            feats (Sequence[Tensor]): An early map first, the late one last,
                each ``(N, D, H, W)``.

        Returns:
            dict[str, Tensor]: ``logits``.
        """
        early, late = (F.adaptive_avg_pool2d(feat, self.grid)
                       for feat in (feats[0], feats[-1]))
        gated = late * self.gates(early)
        return dict(logits=self.fc(gated.flatten(1)))

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The classification loss."""
        return dict(
            loss_cls=self.classification_loss(outputs['logits'],
                                              data_samples))
