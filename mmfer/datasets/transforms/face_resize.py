# Copyright (c) mmfer contributors.
from mmfer.registry import TRANSFORMS
from .geometric_transform import (SIZE_TYPE, GeometricTransform, Move,
                                  to_size)
from .geometry import resize_matrix


@TRANSFORMS.register_module()
class FaceResize(GeometricTransform):
    """Resize a face with its landmarks, boxes and mask.

    Bilinear; pixels are averaged where the image shrinks to half its size or
    less. See :class:`GeometricTransform` for the keys.

    Args:
        size (int or Sequence[int]): Side of the square, or height and width.
            The aspect ratio is not kept, as usual for face crops.

    Raises:
        ValueError: If ``size`` is not one or two positive integers.
    """

    def __init__(self, size: SIZE_TYPE) -> None:
        super().__init__()
        self.size = to_size(size)

    def get_move(self, results: dict) -> Move:
        """See :meth:`GeometricTransform.get_move`."""
        matrix = resize_matrix(results['img'].shape[:2], self.size)
        return Move(matrix, self.size)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'
