# Copyright (c) mmfer contributors.
import numpy as np

from mmfer.registry import TRANSFORMS
from .key_frames import KeyFrames, to_count


@TRANSFORMS.register_module()
class ApexCentredFrames(KeyFrames):
    """Onset, apex and offset at fixed places, uniform frames in between.

    The apex is frame ``T // 2`` of T, counted from 1; so half of the frames
    show how the expression rises and half how it falls, however long either
    takes. See :class:`KeyFrames` for the keys.

    Args:
        num_frames (int): T, at least 4. Defaults to 16.

    Raises:
        ValueError: If ``num_frames`` is too small.
    """

    def __init__(self, num_frames: int = 16) -> None:
        self.num_frames = to_count(num_frames, 4)

    def get_times(self, results: dict) -> np.ndarray:
        """See :meth:`KeyFrames.get_times`."""
        half = self.num_frames // 2
        rise = np.linspace(results['onset'], results['apex'], half)
        fall = np.linspace(results['apex'], results['offset'],
                           self.num_frames - half + 1)
        return np.concatenate([rise, fall[1:]])
