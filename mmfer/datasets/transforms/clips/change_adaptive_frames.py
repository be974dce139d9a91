# Copyright (c) mmfer contributors.
import cv2
import numpy as np

from mmfer.registry import TRANSFORMS
from ..geometric_transform import to_probability
from .key_frames import KeyFrames, to_count


@TRANSFORMS.register_module()
class ChangeAdaptiveFrames(KeyFrames):
    """Frames at equal distances of accumulated change.

    Where the face moves fast the frames lie dense, where it rests they lie
    wide apart. The change from a frame to the next is the mean absolute
    difference of small grey pictures. All frames from onset to offset are
    read, so it is slower than other choices. The measure and its share are
    our choice. See :class:`KeyFrames` for the keys.

    Args:
        num_frames (int): T, at least 2. Defaults to 16.
        size (int): Side of the small pictures in pixels. Defaults to 64.
        uniform (float): The share, in [0, 1], of a steady change that is
            added, so that noise alone does not decide; 1 gives
            :class:`UniformFrames`. Defaults to 0.2.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, num_frames: int = 16, size: int = 64,
                 uniform: float = .2) -> None:
        self.num_frames = to_count(num_frames, 2)
        self.size, self.uniform = size, to_probability(uniform)

    def get_times(self, results: dict) -> np.ndarray:
        """See :meth:`KeyFrames.get_times`."""
        numbers = results['frames'].numbers
        numbers = numbers[(numbers >= results['onset'])
                          & (numbers <= results['offset'])]
        path = self._path(results['frames'].read(numbers.tolist()), numbers)
        times = np.interp(np.linspace(0, path[-1], self.num_frames), path,
                          numbers)
        # The first frame also where nothing changes after it.
        times[0] = numbers[0]
        return times

    def _path(self, frames: list, numbers: np.ndarray) -> np.ndarray:
        """The change accumulated up to each frame, ascending from 0."""
        small = np.stack([
            cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY),
                       (self.size, self.size), interpolation=cv2.INTER_AREA)
            for frame in frames
        ]).astype(np.float32)
        steps = np.diff(numbers) / max(numbers[-1] - numbers[0], 1)
        change = np.abs(np.diff(small, axis=0)).mean((1, 2))
        if change.sum() > 0:
            steps = self.uniform * steps + \
                (1 - self.uniform) * change / change.sum()
        return np.concatenate([[0.], np.cumsum(steps)])
