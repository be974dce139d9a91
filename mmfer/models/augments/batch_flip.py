# Copyright (c) mmfer contributors.
import torch

from mmfer.datasets.transforms.geometric_transform import to_probability
from mmfer.registry import MODELS
from .base_augment import SIZE, happens
from .geometric_augment import BatchMoves, GeometricAugment
from .moving import resizing, scale_and_shift


@MODELS.register_module()
class BatchFlip(GeometricAugment):
    """Mirror faces; left and right landmarks change places.

    As :class:`~mmfer.datasets.transforms.FaceFlip`. Exact; keeps the dtype.

    Args:
        prob (float): The probability of mirroring. Defaults to 0.5.

    Raises:
        ValueError: If ``prob`` is no probability.
    """

    stillness = 'always'
    whole_pixels = True
    may_mirror = True

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = to_probability(prob)

    def draw_moves(self, count: int, size: SIZE) -> BatchMoves:
        """See :meth:`GeometricAugment.draw_moves`."""
        mirrors = happens(count, self.prob)
        matrix = torch.where(mirrors[:, None, None],
                             scale_and_shift(-1., 1., size[1] - 1., 0.),
                             resizing(size, size))
        return BatchMoves(matrix, mirrors, torch.ones_like(mirrors))

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob})'
