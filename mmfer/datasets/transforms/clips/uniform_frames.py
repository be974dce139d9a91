# Copyright (c) mmfer contributors.
import numpy as np

from mmfer.registry import TRANSFORMS
from .key_frames import KeyFrames, to_count


@TRANSFORMS.register_module()
class UniformFrames(KeyFrames):
    """Frames at equal distances from onset to offset, both of them included.

    See :class:`KeyFrames` for the keys.

    Args:
        num_frames (int): T, at least 2. Defaults to 16.

    Raises:
        ValueError: If ``num_frames`` is too small.
    """

    def __init__(self, num_frames: int = 16) -> None:
        self.num_frames = to_count(num_frames, 2)

    def get_times(self, results: dict) -> np.ndarray:
        """See :meth:`KeyFrames.get_times`."""
        return np.linspace(results['onset'], results['offset'],
                           self.num_frames)
