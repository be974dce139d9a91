# Copyright (c) mmfer contributors.
import math
from typing import Sequence, Tuple, Union

import torch
from torch import Tensor

from mmfer.datasets.transforms.geometric_transform import to_size
from mmfer.registry import MODELS
from .base_augment import SIZE, uniform
from .geometric_augment import BatchMoves, GeometricAugment


def _to_pair(value: Sequence[float], name: str) -> Tuple[float, float]:
    pair = tuple(value) if isinstance(value, (tuple, list)) else ()
    if len(pair) != 2 or not 0 < pair[0] <= pair[1] < math.inf:
        raise ValueError(f'{name} must be (low, high) with 0 < low <= high, '
                         f'got {value!r}')
    return pair


@MODELS.register_module()
class BatchRandomResizedCrop(GeometricAugment):
    """Cut windows of random area and aspect ratio and resize them.

    The windows are drawn as by MMPretrain's ``RandomResizedCrop``, with
    the same parameters; the results are float32.

    Args:
        scale (int or Sequence[int]): Side of the results, or height and
            width.
        crop_ratio_range (Sequence[float]): Range of the area of the window as
            a part of the image. Defaults to (0.08, 1).
        aspect_ratio_range (Sequence[float]): Range of width / height, drawn
            uniformly on a logarithmic scale. Defaults to (3/4, 4/3).
        max_attempts (int): How often to draw a window that does not fit
            again, before the largest central one is taken. Defaults to 10.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 scale: Union[int, Sequence[int]],
                 crop_ratio_range: Sequence[float] = (0.08, 1.),
                 aspect_ratio_range: Sequence[float] = (3 / 4, 4 / 3),
                 max_attempts: int = 10) -> None:
        self.scale = to_size(scale)
        self.crop_ratio_range = _to_pair(crop_ratio_range, 'crop_ratio_range')
        self.aspect_ratio_range = _to_pair(aspect_ratio_range,
                                           'aspect_ratio_range')
        if type(max_attempts) is not int or max_attempts < 1:
            raise ValueError('max_attempts must be a positive integer, got '
                             f'{max_attempts!r}')
        self.max_attempts = max_attempts

    def output_size(self, size: SIZE) -> SIZE:
        """See :meth:`GeometricAugment.output_size`."""
        return self.scale

    def draw_moves(self, count: int, size: SIZE) -> BatchMoves:
        """See :meth:`GeometricAugment.draw_moves`."""
        top, left, height, width = self.draw_windows(count, size).unbind(1)
        sy, sx = self.scale[0] / height, self.scale[1] / width
        zero = torch.zeros_like(sx)
        matrix = torch.stack([
            sx, zero, (sx - 1) / 2 - sx * left, zero, sy,
            (sy - 1) / 2 - sy * top
        ], 1).view(-1, 2, 3)
        never = torch.zeros(count, dtype=torch.bool)
        return BatchMoves(matrix, never, never)

    def draw_windows(self, count: int, size: SIZE) -> Tensor:
        """Draw top, left, height and width, float64 ``(N, 4)``, in whole
        pixels, for images of a size."""
        low, high = map(math.log, self.aspect_ratio_range)
        tries = self.max_attempts
        ranges = [(0., 1.)] * 2 + [self.crop_ratio_range] * tries
        dice = uniform(count, ranges + [(low, high)] * tries)
        area = dice[:, 2:2 + tries] * (size[0] * size[1])
        aspect = dice[:, 2 + tries:].exp()
        height = (area / aspect).sqrt().round()
        width = (area * aspect).sqrt().round()
        fits = ((height > 0) & (height <= size[0]) & (width > 0) &
                (width <= size[1]))
        # One more column for the case that none fits.
        fallback = torch.tensor([self._central(size)], dtype=torch.float64)
        fallback = fallback.expand(count, 2)
        height = torch.cat([height, fallback[:, :1]], 1)
        width = torch.cat([width, fallback[:, 1:]], 1)
        fits = torch.cat([fits, fits.new_ones(count, 1)], 1)
        first = fits.int().argmax(1, keepdim=True)
        window = torch.cat([height.gather(1, first), width.gather(1, first)],
                           1)
        room = torch.tensor([size], dtype=torch.float64) - window
        corner = torch.where(first < tries,
                             (dice[:, :2] * (room + 1)).floor(),
                             (room / 2).floor())
        return torch.cat([corner, window], 1)

    def _central(self, size: SIZE) -> SIZE:
        """The largest window of an allowed aspect ratio."""
        height, width = size
        low, high = self.aspect_ratio_range
        if width / height < low:
            height = round(width / low)
        elif width / height > high:
            width = round(height * high)
        return height, width

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(scale={self.scale}, '
                f'crop_ratio_range={self.crop_ratio_range}, '
                f'aspect_ratio_range={self.aspect_ratio_range}, '
                f'max_attempts={self.max_attempts})')
