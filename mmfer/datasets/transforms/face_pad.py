# Copyright (c) mmfer contributors.
from typing import Optional

import numpy as np

from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS
from .geometric_transform import (COLOUR_TYPE, SIZE_TYPE, GeometricTransform,
                                  Move, to_size)


@TRANSFORMS.register_module()
class FacePad(GeometricTransform):
    """Put a face into the middle of a larger image.

    See :class:`GeometricTransform` for the keys.

    Args:
        size (int or Sequence[int], optional): Side of the square, or height
            and width. Defaults to None, the square of the longer side.
        fill (int or Sequence[int]): See :class:`GeometricTransform`.
            Defaults to 0.

    Raises:
        ValueError: If an argument is out of range, or an image is larger
            than ``size``.
    """

    def __init__(self, size: Optional[SIZE_TYPE] = None,
                 fill: COLOUR_TYPE = 0) -> None:
        super().__init__(fill)
        self.size = None if size is None else to_size(size)

    def get_move(self, results: dict) -> Move:
        """See :meth:`GeometricTransform.get_move`."""
        old = results['img'].shape[:2]
        size = self.size or (max(old), max(old))
        top, left = (size[0] - old[0]) // 2, (size[1] - old[1]) // 2
        if top < 0 or left < 0:
            raise ConfigError(f"{results.get('img_path')}: an image of {old} "
                              f'(height, width) cannot be padded to {size}',
                              hint='put FaceResize before FacePad')
        matrix = np.array([[1., 0., left], [0., 1., top]])
        return Move(matrix, size)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size}, fill={self.fill})'
