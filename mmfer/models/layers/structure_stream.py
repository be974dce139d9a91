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
    from its parent in both, its length and its direction, as cosine and sine.
    All seven are normalised over the batch, for each landmark on its own, so
    that what differs from the mean face is seen at once, and go through a
    linear layer of that landmark: an LSTM that reads the landmarks in any
    order need not find out first whose values these are (both our choice).
    In training a batch needs two samples or more: set ``drop_last`` in the
    data loader.

    Args:
        num_landmarks (int): Number of landmarks L.
        embed_channels (int): Length E of an element after the linear layers.
            Defaults to 128.
        **kwargs: See :class:`BaseLandmarkStream`; the learnt vectors of the
            landmarks are the biases of the linear layers.

    Attributes:
        weight (Parameter): Of the linear layers, ``(L, 7, E)``.
    """

    def __init__(self,
                 num_landmarks: int,
                 embed_channels: int = 128,
                 **kwargs: Any) -> None:
        super().__init__(num_landmarks, embed_channels, **kwargs)
        self.norm = nn.BatchNorm1d(num_landmarks * 7, affine=False)
        self.weight = nn.Parameter(
            torch.empty(num_landmarks, 7, embed_channels).normal_(std=7**-.5))

    def elements(self, images: torch.Tensor, landmarks: torch.Tensor,
                 parents: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseLandmarkStream.elements`."""
        offset = landmarks - landmarks.index_select(1, parents)
        length = offset.norm(dim=2, keepdim=True)
        direction = offset / length.clamp(min=1e-6)
        values = torch.cat([landmarks, offset, length, direction], 2)
        values = self.norm(values.flatten(1)).view_as(values)
        return (values.transpose(0, 1) @ self.weight).transpose(0, 1)
