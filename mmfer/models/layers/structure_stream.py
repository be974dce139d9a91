# Copyright (c) mmfer contributors.
from typing import Any

import torch
from torch import nn

from mmfer.registry import MODELS
from .base_landmark_stream import BaseLandmarkStream


@MODELS.register_module()
class StructureStream(BaseLandmarkStream):
    """Where the landmarks lie, and how they lie to their parents.

    An element holds x and y of a landmark as parts of the picture, the offset
    from its parent in both, and length and angle (radians) of that offset.
    All six are normalised over the batch, for each landmark on its own, so
    that what differs from the mean face is seen at once (our choice), and go
    through one linear layer. In training a batch needs two samples or more:
    set ``drop_last`` in the data loader.

    Args:
        num_landmarks (int): Number of landmarks L.
        embed_channels (int): Length of an element after the linear layer.
            Defaults to 128.
        **kwargs: See :class:`BaseLandmarkStream`.
    """

    def __init__(self,
                 num_landmarks: int,
                 embed_channels: int = 128,
                 **kwargs: Any) -> None:
        super().__init__(num_landmarks, embed_channels, **kwargs)
        self.norm = nn.BatchNorm1d(num_landmarks * 6, affine=False)
        self.embed = nn.Linear(6, embed_channels)

    def elements(self, images: torch.Tensor, landmarks: torch.Tensor,
                 parents: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseLandmarkStream.elements`."""
        offset = landmarks - landmarks.index_select(1, parents)
        length = offset.norm(dim=2, keepdim=True)
        angle = torch.atan2(offset[..., 1:], offset[..., :1])
        values = torch.cat([landmarks, offset, length, angle], 2)
        return self.embed(self.norm(values.flatten(1)).view_as(values))
