# Copyright (c) mmfer contributors.
import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS
from .optical_flow import strain


@TRANSFORMS.register_module()
class FlowStrain(BaseTransform):
    """From a flow (u, v) to the picture (u, v, strain).

    Transforms that move pixels belong before it. See
    :func:`~mmfer.datasets.transforms.clips.optical_flow.strain`.

    **Required and Modified Keys:** ``img``, from ``(..., H, W, 2)`` to
    ``(..., H, W, 3)``; ``is_flow``, False from here on.

    Args:
        stretch (bool): Whether to stretch each channel of each picture to 0
            to 255, uint8, as released flow pictures are; the size of the
            motion is lost. Defaults to False, float32 in pixels.

    Raises:
        ValueError: If ``img`` is no flow.
    """

    def __init__(self, stretch: bool = False) -> None:
        self.stretch = stretch

    def transform(self, results: dict) -> dict:
        """Add the strain to one flow."""
        if not results.get('is_flow'):
            raise ConfigError(f"{results.get('img_path')}: FlowStrain wants "
                              'a flow',
                              hint='put ReadFlow before it')
        flow = results['img']
        img = np.concatenate([flow, strain(flow)[..., None]], -1)
        if self.stretch:
            low = img.min((-3, -2), keepdims=True)
            width = img.max((-3, -2), keepdims=True) - low
            img = 255 * (img - low) / np.where(width > 0, width, 1)
            img = img.round().astype(np.uint8)
        return dict(results, img=img, is_flow=False)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(stretch={self.stretch})'
