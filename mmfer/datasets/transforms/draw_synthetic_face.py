# Copyright (c) mmfer contributors.
from typing import Dict, Tuple

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.synthetic import render_face
from mmfer.errors import ConfigKeyError
from mmfer.registry import TRANSFORMS


@TRANSFORMS.register_module()
class DrawSyntheticFace(BaseTransform):
    """Draw the picture of a :class:`SyntheticFER` sample.

    It stands first in the pipeline, where other datasets have
    :class:`LoadFERImage`. It draws no random numbers: the sample holds all
    that the picture depends on.

    Required keys: ``face``, ``face_points``, ``face_units``, ``image_size``,
    ``face_name``. Added keys: ``img``, ``img_shape``, ``ori_shape``,
    ``gt_mask`` and ``img_path``, a stable name without a file behind it.
    Removed keys: ``face``, ``face_points``, ``face_units``.

    Args:
        keep (bool): Whether each process keeps what it has drawn, so that a
            face costs its few milliseconds in the first epochs only, and its
            picture and mask stay in memory: 16 kB at 64 pixels. Defaults to
            False.

    Raises:
        KeyError: If the sample comes from another dataset.
    """

    def __init__(self, keep: bool = False) -> None:
        self.keep = keep
        self._drawn: Dict[Tuple[str, int], Tuple[np.ndarray, ...]] = {}

    def transform(self, results: dict) -> dict:
        """Draw the picture."""
        missing = [
            key for key in ('face', 'face_points', 'face_units', 'image_size',
                            'face_name') if key not in results
        ]
        if missing:
            raise ConfigKeyError(f'DrawSyntheticFace found no {missing}; it '
                                 'draws samples of SyntheticFER only',
                                 hint='use LoadFERImage for datasets with '
                                 'image files')
        size = results['image_size']
        name = results['face_name'], size
        face = [results.pop(key)
                for key in ('face', 'face_units', 'face_points')]
        drawn = self._drawn.get(name) or render_face(*face, size)
        if self.keep:
            self._drawn[name] = drawn
            # Later transforms may change them in place.
            drawn = [part.copy() for part in drawn]
        results['img'], results['gt_mask'] = drawn
        results['img_shape'] = results['ori_shape'] = (size, size)
        results['img_path'] = results['face_name']
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(keep={self.keep})'
