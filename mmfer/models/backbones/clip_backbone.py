# Copyright (c) mmfer contributors.
import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone

from mmfer.errors import ConfigError


class ClipBackbone(BaseBackbone):
    """A backbone that reads clips, ``(N, C, T, H, W)``, not pictures."""

    #: Classifiers ask for it: five dimensions are a clip, not several views.
    takes_clips = True
    #: The shortest clip.
    min_frames = 1

    def check_clip(self, x: torch.Tensor) -> None:
        """Refuse what is no clip, or too short.

        Raises:
            ValueError: Names the shape and the hint.
        """
        if x.ndim != 5 or x.size(2) < self.min_frames:
            raise ConfigError(f'{type(self).__name__} takes clips (N, C, T, '
                              f'H, W) of at least {self.min_frames} '
                              f'frame(s), got {tuple(x.shape)}',
                              hint='let the pipeline take that many frames '
                              'from each sample')
