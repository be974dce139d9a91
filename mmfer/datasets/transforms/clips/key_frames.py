# Copyright (c) mmfer contributors.
from abc import abstractmethod

import numpy as np
from mmcv.transforms import BaseTransform


def to_count(num_frames: int, least: int) -> int:
    """``num_frames`` if it is a number of frames, ``least`` or more.

    Raises:
        ValueError: If it is not.
    """
    if type(num_frames) is not int or num_frames < least:
        raise ValueError(f'num_frames must be an integer >= {least}, got '
                         f'{num_frames!r}')
    return num_frames


class KeyFrames(BaseTransform):
    """What all choices of key frames share.

    A subclass says at which times, :meth:`get_times`. Where a clip has a
    frame of its own for each of them, the nearest are taken; a shorter clip
    keeps the times between frames, and :class:`ReadClip` interpolates.

    **Required Keys:** ``frames``, ``onset``, ``apex``, ``offset``, from
    :class:`OpenClip`.

    **Added Keys:** ``frame_times``, float64 of shape ``(T, )``, in numbers of
    frames.
    """

    @abstractmethod
    def get_times(self, results: dict) -> np.ndarray:
        """T times from onset to offset, ascending, float64."""

    def transform(self, results: dict) -> dict:
        """Choose the times of one clip."""
        if 'frames' not in results:
            raise KeyError(f'{type(self).__name__} found no frames; put '
                           'OpenClip at the start of the pipeline')
        times = np.asarray(self.get_times(results), dtype=np.float64)
        if np.diff(times).min() >= 1:
            times = np.floor(times + .5)
        results['frame_times'] = times
        return results

    def __repr__(self) -> str:
        settings = ', '.join(f'{k}={v!r}' for k, v in vars(self).items())
        return f'{type(self).__name__}({settings})'
