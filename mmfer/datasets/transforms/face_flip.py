# Copyright (c) mmfer contributors.
from typing import Optional

import numpy as np

from mmfer.registry import TRANSFORMS
from .geometric_transform import GeometricTransform, Move, to_probability


@TRANSFORMS.register_module()
class FaceFlip(GeometricTransform):
    """Mirror a face; left and right landmarks change places.

    Landmarks need 5 or 68 points, see
    :data:`mmfer.structures.landmarks.MIRROR_POINTS`. See
    :class:`GeometricTransform` for the keys.

    Args:
        prob (float): The probability of mirroring. Defaults to 0.5.

    Raises:
        ValueError: If ``prob`` is no probability.
    """

    def __init__(self, prob: float = 0.5) -> None:
        super().__init__()
        self.prob = to_probability(prob)

    def get_move(self, results: dict) -> Optional[Move]:
        """See :meth:`GeometricTransform.get_move`."""
        if np.random.random() >= self.prob:
            return None
        height, width = results['img'].shape[:2]
        matrix = np.array([[-1., 0., width - 1.], [0., 1., 0.]])
        return Move(matrix, (height, width), mirrors=True)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob})'
