# Copyright (c) mmfer contributors.
import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.registry import TRANSFORMS


@TRANSFORMS.register_module()
class OnsetDifference(BaseTransform):
    """The difference of the frames of a clip to its first one.

    **Required and Modified Keys:** ``img``, from ``(T, H, W, C)`` to float32
    in [-255, 255] of shape ``(T - 1, H, W, C)``, or ``(H, W, C)`` where two
    frames were there.

    Raises:
        ValueError: If ``img`` is no clip of two frames or more.
    """

    def transform(self, results: dict) -> dict:
        """Take the differences of one clip."""
        clip = results['img']
        if clip.ndim != 4 or len(clip) < 2:
            raise ValueError('OnsetDifference wants clips (T, H, W, C) of two '
                             f'frames or more, got {clip.shape}')
        change = clip[1:].astype(np.float32) - clip[:1]
        return dict(results, img=change[0] if len(change) == 1 else change)

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
