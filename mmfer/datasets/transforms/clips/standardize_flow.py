# Copyright (c) mmfer contributors.
from typing import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.registry import TRANSFORMS


@TRANSFORMS.register_module()
class StandardizeFlow(BaseTransform):
    """Free a picture of flow from the motion and the scale of the whole.

    Stretched pictures of flow, such as released ones, tell neither which
    value means no motion nor how large the motions are. Of each component
    the median is taken for the motion of the whole face and subtracted; both
    are divided by the root of the mean square of the remaining motions, so
    that their direction and place count. Our choice.

    **Required and Modified Keys:** ``img``, ``(..., H, W, C)``; float32
    afterwards. A picture without motion becomes 0.

    Args:
        components (Sequence[int]): The channels of the components. Defaults
            to ``(2, 1)``: right and down of a picture file (u, v, strain),
            which loaders turn to blue, green, red.

    Raises:
        ValueError: If ``components`` are not two channels, or ``img`` lacks
            them.
    """

    def __init__(self, components: Sequence[int] = (2, 1)) -> None:
        if len(set(components)) != 2 or min(components) < 0:
            raise ValueError('components must be two channels, got '
                             f'{components}')
        self.components = list(components)

    def transform(self, results: dict) -> dict:
        """Standardise one picture of flow."""
        img = np.asarray(results['img'], np.float32)
        if img.ndim < 3 or img.shape[-1] <= max(self.components):
            raise ValueError(
                f"{results.get('img_path')}: StandardizeFlow wants the "
                f'channels {self.components}, got the shape {img.shape}')
        flow = img[..., self.components]
        flow = flow - np.median(flow, axis=(-3, -2), keepdims=True)
        size = np.sqrt(np.square(flow).mean((-3, -2, -1), keepdims=True))
        img = img.copy()
        img[..., self.components] = flow / np.where(size > 0, size, 1)
        return dict(results, img=img)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(components={self.components})'
