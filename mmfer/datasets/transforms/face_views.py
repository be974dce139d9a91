# Copyright (c) mmfer contributors.
from copy import deepcopy
from typing import Sequence

import numpy as np
from mmcv.transforms import BaseTransform, Compose

from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


@TRANSFORMS.register_module()
class FaceViews(BaseTransform):
    """Several views of one face, each by transforms of its own.

    Labels, landmarks and all other keys stay those of the first view: the
    others give only their picture.

    **Required and Modified Keys:** ``img``, from ``(H, W, 3)`` to
    ``(V, H, W, 3)``. :class:`PackFERInputs` follows.

    Args:
        views (Sequence[Sequence[dict]]): The transforms of each of the V
            views; an empty list leaves the face as it is.

    Raises:
        ValueError: If there are less than two views, or their sizes differ.

    Examples:
        >>> erase = dict(type='RandomErasing', erase_prob=0.5)
        >>> mirror = dict(type='FaceFlip', prob=1.0)
        >>> transform = FaceViews([[erase], [mirror, erase]])
    """

    def __init__(self, views: Sequence[Sequence[dict]]) -> None:
        super().__init__()
        if len(views) < 2:
            raise ConfigError('FaceViews makes two views or more, got '
                              f'{len(views)}',
                              hint='leave it out for one')
        self.views = [
            Compose([
                TRANSFORMS.build(t) if isinstance(t, dict) else t
                for t in view
            ]) for view in views
        ]

    def transform(self, results: dict) -> dict:
        """Make the views of one sample."""
        made = [view(deepcopy(results)) for view in self.views]
        shapes = [view['img'].shape for view in made]
        if len(set(shapes)) > 1:
            raise ConfigError('the views of a face must be of one size, got '
                              f'{shapes}',
                              hint='end each with FaceResize')
        return dict(made[0], img=np.stack([view['img'] for view in made]))

    def __repr__(self) -> str:
        return f'{type(self).__name__}(views={self.views})'
