# Copyright (c) mmfer contributors.
from typing import Any

import torch
from torch import nn

from mmfer.registry import MODELS
from .base_landmark_stream import BaseLandmarkStream
from .patch_windows import cut_around
from .pooled_feature import pooled_feature


@MODELS.register_module()
class TextureStream(BaseLandmarkStream):
    """What the picture shows around the landmarks.

    A square patch around each landmark, interpolated, with zeros (the mean
    colour) beyond the edges of the picture, goes through one network for all;
    its pooled feature through a linear layer.

    Args:
        num_landmarks (int): Number of landmarks L.
        backbone (dict): Any backbone that takes pictures of the size of a
            patch.
        in_channels (int): Length of its pooled feature. Defaults to 512.
        patch_size (int): Side of a patch in pixels. Defaults to 32.
        embed_channels (int): Length of an element. Defaults to 256.
        **kwargs: See :class:`BaseLandmarkStream`.
    """

    def __init__(self,
                 num_landmarks: int,
                 backbone: dict,
                 in_channels: int = 512,
                 patch_size: int = 32,
                 embed_channels: int = 256,
                 **kwargs: Any) -> None:
        super().__init__(num_landmarks, embed_channels, **kwargs)
        self.patch_size = patch_size
        self.backbone = MODELS.build(backbone)
        self.embed = nn.Linear(in_channels, embed_channels)

    def elements(self, images: torch.Tensor, landmarks: torch.Tensor,
                 parents: torch.Tensor) -> torch.Tensor:
        """See :meth:`BaseLandmarkStream.elements`."""
        size = (self.patch_size, self.patch_size)
        patches = cut_around(images, landmarks, size)
        feature = pooled_feature(self.backbone(patches.flatten(0, 1)))
        return self.embed(feature).unflatten(0, patches.shape[:2])
