# Copyright (c) mmfer contributors.
from typing import Optional, Sequence, Union

import torch

from mmfer.datasets.transforms.face_affine import FaceAffine
from mmfer.registry import MODELS
from .base_augment import SIZE, uniform
from .geometric_augment import BatchMoves, GeometricAugment
from .moving import compose, resizing

_STANDING = [(0., 0.), (0., 0.), (1., 1.), (0., 0.)]


@MODELS.register_module()
class BatchAffine(GeometricAugment):
    """Shift, scale and rotate faces at random.

    As :class:`~mmfer.datasets.transforms.FaceAffine`, with the same
    parameters: faces are turned and scaled around the image centre and then
    shifted; with ``size``, resizing is part of the same sampling. The results
    are float32, unless no sample can move.

    Args:
        shift, scale, rotate, prob, size, fill: See ``FaceAffine``, with its
            defaults: nothing moves.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 shift: Union[float, Sequence[float]] = 0.,
                 scale: Union[float, Sequence[float]] = 0.,
                 rotate: Union[float, Sequence[float]] = 0.,
                 prob: float = 1.,
                 size: Optional[Union[int, Sequence[int]]] = None,
                 fill: Union[int, Sequence[int]] = 0) -> None:
        read = FaceAffine(shift, scale, rotate, prob, size, fill)
        self.ranges = [read.shift, read.shift, read.scale, read.rotate]
        self.prob, self.size, self.fill = read.prob, read.size, read.fill
        if prob == 0 or self.ranges == _STANDING:
            self.stillness = 'always'
        elif prob < 1:
            self.stillness = 'sometimes'

    def output_size(self, size: SIZE) -> SIZE:
        """See :meth:`GeometricAugment.output_size`."""
        return self.size or size

    def draw_moves(self, count: int, size: SIZE) -> BatchMoves:
        """See :meth:`GeometricAugment.draw_moves`."""
        height, width = new = self.output_size(size)
        chance, x, y, scale, angle = uniform(
            count, [(0., 1.), *self.ranges]).unbind(1)
        cos = scale * angle.deg2rad().cos()
        sin = scale * angle.deg2rad().sin()
        centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
        shift_x = centre_x * (1 - cos) + centre_y * sin + x * width
        shift_y = centre_y * (1 - cos) - centre_x * sin + y * height
        matrix = torch.stack([cos, -sin, shift_x, sin, cos, shift_y], 1)
        still = chance >= self.prob
        if self.stillness == 'always':
            still = torch.ones_like(still)
        matrix = torch.where(still[:, None, None], resizing(new, new),
                             matrix.view(-1, 2, 3))
        matrix = compose(matrix, resizing(size, new))
        return BatchMoves(matrix, torch.zeros_like(still), still)

    def __repr__(self) -> str:
        shift, _, scale, rotate = self.ranges
        return (f'{type(self).__name__}(shift={shift}, scale={scale}, '
                f'rotate={rotate}, prob={self.prob}, size={self.size}, '
                f'fill={self.fill})')
