# Copyright (c) mmfer contributors.
from abc import abstractmethod
from typing import NamedTuple, Optional, Tuple

from torch import Tensor

from .base_augment import SIZE


class BatchMoves(NamedTuple):
    """Where the pixels of each sample go; tensors on the CPU.

    Args:
        matrix (Tensor): Float64 ``(N, 2, 3)``, maps from old to new pixels,
            see :mod:`mmfer.datasets.transforms.geometry`.
        mirrors (Tensor): Bool ``(N,)``, whether left becomes right.
        still (Tensor): Bool ``(N,)``, whether the sample is at most resized
            and mirrored.
    """

    matrix: Tensor
    mirrors: Tensor
    still: Tensor


class GeometricAugment:
    """An augment that moves pixels by one affine map for each sample.

    :class:`FusedMoves` multiplies the maps of neighbours and samples the
    pixels once.

    Attributes:
        fill (Tuple[int, int, int], optional): Blue, green and red for places
            that no pixel comes from, None if there are none.
        stillness (str): Which samples are at most resized and mirrored:
            ``'always'`` all, ``'sometimes'`` or ``'never'``.
        whole_pixels (bool): Whether every pixel of the result is one pixel of
            the source or filled.
        may_mirror (bool): Whether samples can be mirrored.
    """

    fill: Optional[Tuple[int, int, int]] = None
    stillness: str = 'never'
    whole_pixels: bool = False
    may_mirror: bool = False

    def output_size(self, size: SIZE) -> SIZE:
        """Height and width of the results, given those that come in."""
        return size

    @abstractmethod
    def draw_moves(self, count: int, size: SIZE) -> BatchMoves:
        """Draw a move for each of ``count`` samples of a size."""
