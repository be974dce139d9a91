# Copyright (c) mmfer contributors.
import cv2

from mmfer.registry import TRANSFORMS
from .geometric import SIZE_TYPE, GeometricTransform, Move, resize_matrix, to_size

_INTERPOLATIONS = dict(
    nearest=cv2.INTER_NEAREST,
    bilinear=cv2.INTER_LINEAR,
    bicubic=cv2.INTER_CUBIC,
    area=cv2.INTER_AREA)


@TRANSFORMS.register_module()
class FaceResize(GeometricTransform):
    """Resize a face with its landmarks, boxes and mask.

    See :class:`GeometricTransform` for the keys.

    Args:
        size (int or Sequence[int]): Side of the square, or height and width.
            The aspect ratio is not kept, as usual for face crops.
        interpolation (str): ``'nearest'``, ``'bilinear'``, ``'bicubic'`` or
            ``'area'`` (best for making large images small). Defaults to
            ``'bilinear'``.

    Raises:
        ValueError: If an argument is unknown.
    """

    def __init__(self, size: SIZE_TYPE, interpolation: str = 'bilinear'
                 ) -> None:
        super().__init__()
        self.size = to_size(size)
        if interpolation not in _INTERPOLATIONS:
            raise ValueError('interpolation must be one of '
                             f'{sorted(_INTERPOLATIONS)}, got '
                             f'{interpolation!r}')
        self.interpolation = _INTERPOLATIONS[interpolation]

    def get_move(self, results: dict) -> Move:
        """See :meth:`GeometricTransform.get_move`."""
        matrix = resize_matrix(results['img'].shape[:2], self.size)
        return Move(matrix, self.size)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'
