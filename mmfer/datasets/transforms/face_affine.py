# Copyright (c) mmfer contributors.
import math
from typing import Optional, Sequence, Tuple, Union

import numpy as np

from mmfer.registry import TRANSFORMS
from .geometric_transform import (COLOUR_TYPE, SIZE_TYPE, GeometricTransform,
                                  Move, to_probability, to_size)
from .geometry import compose, resize_matrix

RANGE_TYPE = Union[float, Sequence[float]]


def _to_range(value: RANGE_TYPE, centre: float, name: str
              ) -> Tuple[float, float]:
    """``(low, high)`` from a half width around ``centre`` or from a pair."""
    pair = (tuple(value) if isinstance(value, (tuple, list)) else
            (centre - value, centre + value))
    if len(pair) != 2 or not -math.inf < pair[0] <= pair[1] < math.inf:
        raise ValueError(f'{name} must be a number >= 0 or (low, high), got '
                         f'{value!r}')
    return pair


@TRANSFORMS.register_module()
class FaceAffine(GeometricTransform):
    """Shift, scale and rotate a face at random.

    The face is turned and scaled around the image centre and then shifted;
    with ``size``, resizing is part of the same single warp. See
    :class:`GeometricTransform` for the keys.

    Args:
        shift (float or Sequence[float]): Range of the shifts in x and y, as a
            part of width and height: ``0.1`` means (-0.1, 0.1). Defaults
            to 0.
        scale (float or Sequence[float]): Range of the scale factor: ``0.15``
            means (0.85, 1.15). Defaults to 0.
        rotate (float or Sequence[float]): Range of the angle in degrees:
            ``15`` means (-15, 15). Defaults to 0.
        prob (float): The probability of moving a face at all. Defaults to 1.
        size (int or Sequence[int], optional): Side, or height and width, of
            the result. Defaults to None, the size of the input.
        fill (int or Sequence[int]): See :class:`GeometricTransform`.
            Defaults to 0.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 shift: RANGE_TYPE = 0.,
                 scale: RANGE_TYPE = 0.,
                 rotate: RANGE_TYPE = 0.,
                 prob: float = 1.,
                 size: Optional[SIZE_TYPE] = None,
                 fill: COLOUR_TYPE = 0) -> None:
        super().__init__(fill)
        self.shift = _to_range(shift, 0., 'shift')
        self.scale = _to_range(scale, 1., 'scale')
        self.rotate = _to_range(rotate, 0., 'rotate')
        if self.scale[0] <= 0:
            raise ValueError(f'scale factors must be > 0, got {self.scale}')
        self.prob = to_probability(prob)
        self.size = None if size is None else to_size(size)

    def get_move(self, results: dict) -> Optional[Move]:
        """See :meth:`GeometricTransform.get_move`."""
        old = results['img'].shape[:2]
        size = self.size or old
        chance, *dice = np.random.random(5).tolist()
        if chance >= self.prob:
            if size == old:
                return None
            return Move(resize_matrix(old, size), size)
        matrix = self._random_matrix(size, dice)
        if size != old:
            matrix = compose(matrix, resize_matrix(old, size))
        return Move(matrix, size)

    def _random_matrix(self, size: Tuple[int, int],
                       dice: Sequence[float]) -> np.ndarray:
        """The map of one draw, from four numbers in [0, 1)."""
        ranges = (self.shift, self.shift, self.scale, self.rotate)
        x, y, scale, angle = (low + (high - low) * die
                              for (low, high), die in zip(ranges, dice))
        height, width = size
        centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
        cos = scale * math.cos(math.radians(angle))
        sin = scale * math.sin(math.radians(angle))
        return np.array([[
            cos, -sin, centre_x * (1 - cos) + centre_y * sin + x * width
        ], [sin, cos, centre_y * (1 - cos) - centre_x * sin + y * height]])

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(shift={self.shift}, '
                f'scale={self.scale}, rotate={self.rotate}, '
                f'prob={self.prob}, size={self.size}, fill={self.fill})')
