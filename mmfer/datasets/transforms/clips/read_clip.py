# Copyright (c) mmfer contributors.
from mmcv.transforms import BaseTransform

from mmfer.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ReadClip(BaseTransform):
    """Read the key frames of a clip.

    A time between two frames gives their blend.

    **Required Keys:** ``frames``, ``frame_times``, from :class:`OpenClip` and
    :class:`KeyFrames`.

    **Added Keys:** ``img`` (uint8 BGR of shape ``(T, H, W, 3)``),
    ``img_shape`` and ``ori_shape`` (height, width)

    Raises:
        ImageError: If a frame cannot be read or has another size.
    """

    def transform(self, results: dict) -> dict:
        """Read the frames of one clip."""
        if 'frame_times' not in results:
            raise KeyError('ReadClip found no frame_times; put a choice of '
                           'key frames, such as UniformFrames, before it')
        results['img'] = results['frames'].read_at(results['frame_times'])
        results['img_shape'] = results['ori_shape'] = \
            results['img'].shape[1:3]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
