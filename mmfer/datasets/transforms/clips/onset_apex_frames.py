# Copyright (c) mmfer contributors.
import numpy as np

from mmfer.registry import TRANSFORMS
from .key_frames import KeyFrames


@TRANSFORMS.register_module()
class OnsetApexFrames(KeyFrames):
    """The onset and the apex of a clip, T = 2; see :class:`KeyFrames`."""

    def get_times(self, results: dict) -> np.ndarray:
        """See :meth:`KeyFrames.get_times`."""
        return np.array([results['onset'], results['apex']])
