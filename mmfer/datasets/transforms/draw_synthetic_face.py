# Copyright (c) mmfer contributors.
from mmcv.transforms import BaseTransform

from mmfer.datasets.synthetic import render_face
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

    Raises:
        KeyError: If the sample comes from another dataset.
    """

    def transform(self, results: dict) -> dict:
        """Draw the picture."""
        missing = [
            key for key in ('face', 'face_points', 'face_units', 'image_size')
            if key not in results
        ]
        if missing:
            raise KeyError(
                f'DrawSyntheticFace found no {missing}; it draws samples of '
                'SyntheticFER only. Remedy: use LoadFERImage for datasets '
                'with image files')
        size = results['image_size']
        results['img'], results['gt_mask'] = render_face(
            results.pop('face'), results.pop('face_units'),
            results.pop('face_points'), size)
        results['img_shape'] = results['ori_shape'] = (size, size)
        results['img_path'] = results['face_name']
        return results
