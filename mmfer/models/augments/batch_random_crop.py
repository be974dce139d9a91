# Copyright (c) mmfer contributors.
from typing import Sequence, Union

import torch

from mmfer.datasets.transforms.face_crop import FaceCrop
from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from .base_augment import SIZE, uniform
from .geometric_augment import BatchMoves, GeometricAugment
from .moving import resizing


@MODELS.register_module()
class BatchRandomCrop(GeometricAugment):
    """Cut a window out of each image, anywhere in the padded image.

    As :class:`~mmfer.datasets.transforms.FaceCrop` with ``mode='random'`` and
    MMPretrain's ``RandomCrop``. Exact and of the same dtype, unless fused
    with a move that is not by whole pixels.

    Args:
        size (int or Sequence[int]): Side of the square, or height and width.
        padding (int): How many pixels to add on every side before cutting.
            Defaults to 0.
        fill (int or Sequence[int]): Grey value or blue, green and red, 0 to
            255, of the padding. Defaults to 0.

    Raises:
        ValueError: If an argument is out of range, or padded images are
            smaller than ``size``.
    """

    whole_pixels = True

    def __init__(self,
                 size: Union[int, Sequence[int]],
                 padding: int = 0,
                 fill: Union[int, Sequence[int]] = 0) -> None:
        read = FaceCrop(size, padding=padding, fill=fill)
        self.size, self.padding = read.size, padding
        self.fill = read.fill if padding else None

    def output_size(self, size: SIZE) -> SIZE:
        """See :meth:`GeometricAugment.output_size`."""
        return self.size

    def draw_moves(self, count: int, size: SIZE) -> BatchMoves:
        """See :meth:`GeometricAugment.draw_moves`."""
        room = [
            old + 2 * self.padding - new for old, new in zip(size, self.size)
        ]
        if min(room) < 0:
            raise ConfigError(
                f'a window of {self.size} (height, width) does not fit into '
                f'images of {size} with padding {self.padding}',
                hint='make size smaller or padding larger, or put '
                'BatchAffine with a size before BatchRandomCrop')
        corner = uniform(count, [(0., n + 1.) for n in room]).floor()
        matrix = resizing(size, size).repeat(count, 1, 1)
        matrix[:, :, 2] = self.padding - corner.flip(1)
        never = torch.zeros(count, dtype=torch.bool)
        return BatchMoves(matrix, never, never)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(size={self.size}, '
                f'padding={self.padding}, fill={self.fill})')
