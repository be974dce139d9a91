# Copyright (c) mmfer contributors.
from typing import Optional, Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.registry import TRANSFORMS
from mmfer.structures import ImageError
from .clip_transform import ClipTransform
from .flow_cache import FlowCache
from .optical_flow import FLOW_METHODS, flow_from_first

_PLACES = ('gt_landmarks', 'gt_bboxes')


@TRANSFORMS.register_module()
class ReadFlow(BaseTransform):
    """The optical flow from the first key frame to each of the others.

    It stands where :class:`ReadClip` stands otherwise. Transforms that move
    pixels may follow, they turn the vectors along; then :class:`FlowStrain`.
    With ``cache_dir`` a flow is computed once; fill the folder beforehand
    with ``tools/dataset_tools/cache_flow.py``. A flow depends on the path of
    the clip and the place of the face, not on what the frames show: empty the
    folder when frames have changed. Drawn clips go by what is drawn.

    **Required Keys:** ``frames``, ``frame_times``, from :class:`OpenClip` and
    :class:`KeyFrames`.

    **Added Keys:** ``img``, float32, right and down in pixels, of shape
    ``(H, W, 2)`` where there are two key frames, else ``(T - 1, H, W, 2)``;
    ``is_flow``, True; ``img_shape`` and ``ori_shape`` (height, width).
    **Removed Keys:** ``gt_landmarks`` and ``gt_bboxes`` where there are
    ``transforms``, which use them up.

    Args:
        transforms (Sequence[dict]): What is done to the frames before, all
            alike; nothing random, such as ``FaceAlign``. Defaults to ().
        method (str): A key of ``FLOW_METHODS``: ``'dis'``, ``'farneback'``,
            or ``'tvl1'``, which needs opencv-contrib-python. Defaults to
            ``'dis'``.
        cache_dir (str, optional): A folder to keep the flows in. Defaults to
            None, they are computed every time.

    Raises:
        ValueError: If ``method`` is unknown.
        ImageError: If a frame cannot be read, or the frames are too small.
    """

    def __init__(self,
                 transforms: Sequence[dict] = (),
                 method: str = 'dis',
                 cache_dir: Optional[str] = None) -> None:
        if method not in FLOW_METHODS:
            raise ValueError(f'unknown flow method {method!r}; known: '
                             f'{sorted(FLOW_METHODS)}')
        self.method = method
        self.transforms = ClipTransform(transforms)
        self.cache = FlowCache(cache_dir)

    def transform(self, results: dict) -> dict:
        """Compute or read the flow of one clip."""
        if 'frame_times' not in results:
            raise KeyError('ReadFlow found no frame_times; put a choice of '
                           'key frames, such as OnsetApexFrames, before it')
        frames, times = results['frames'], results['frame_times']

        def compute() -> np.ndarray:
            clip = dict(results, img=frames.read_at(times))
            clip = self.transforms(clip)['img']
            try:
                return flow_from_first(clip, self.method)
            except cv2.error as error:
                raise ImageError(
                    f'{frames.name}: OpenCV computes no flow by '
                    f'{self.method!r} for frames of {clip.shape[1:3]} '
                    f'(height, width): {error.err}') from error

        places = [np.asarray(results[name]).tolist() for name in _PLACES
                  if name in results]
        key = repr((frames.key, times.tolist(), self.method, self.transforms,
                    *places))
        flow = self.cache.get(key, compute)
        size = flow.shape[1:3]
        if self.transforms.transforms.transforms:
            results = {name: value for name, value in results.items()
                       if name not in _PLACES}
        return dict(results, img=flow[0] if len(flow) == 1 else flow,
                    is_flow=True, img_shape=size, ori_shape=size)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(transforms={self.transforms}, '
                f'method={self.method!r}, cache_dir={self.cache.folder!r})')
