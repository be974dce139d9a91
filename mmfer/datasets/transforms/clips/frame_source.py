# Copyright (c) mmfer contributors.
"""The frames of a clip, read when they are asked for."""
import os
import os.path as osp
import re
from abc import ABC, abstractmethod
from collections import Counter
from typing import Dict, List, Mapping, Sequence, Tuple

import cv2
import numpy as np

from mmfer.datasets.folders import (IMAGE_SUFFIXES, describe_skipped,
                                    images_in)
from mmfer.structures import ImageError
from ..load_fer_image import LoadFERImage

_NUMBER = re.compile(r'(\d+)\D*$')


def nearest_frames(numbers: np.ndarray, wanted: Sequence[int]) -> np.ndarray:
    """The nearest frames that are there, the earlier of two as near.

    Args:
        numbers (np.ndarray): The numbers of the frames that are there, shape
            ``(N, )``, ascending, N > 0.
        wanted (Sequence[int]): The numbers of K frames.

    Returns:
        np.ndarray: K of ``numbers``.

    Examples:
        >>> nearest_frames(np.array([8, 9, 12]), [3, 9, 11])
        array([ 8,  9, 12])
    """
    distances = np.abs(numbers[None] - np.asarray(wanted)[:, None])
    return numbers[distances.argmin(1)]


def known_frames(numbers: np.ndarray,
                 clip: Mapping[str, int]) -> Tuple[int, int, int]:
    """Onset, apex and offset of a clip, all known.

    An onset that is not known is the first frame, an unknown offset the last,
    an unknown apex the middle of both.

    Args:
        numbers (np.ndarray): The numbers of the frames that are there, shape
            ``(N, )``, ascending, N > 0.
        clip (Mapping[str, int]): ``onset``, ``apex`` and ``offset``; absent
            or -1 for unknown.
    """
    onset, apex, offset = (clip.get(name, -1)
                           for name in ('onset', 'apex', 'offset'))
    onset = int(numbers[0]) if onset < 0 else onset
    offset = int(numbers[-1]) if offset < 0 else offset
    return onset, (onset + offset) // 2 if apex < 0 else apex, offset


class FrameSource(ABC):
    """Where the frames of a clip come from.

    Attributes:
        name (str): The folder or file, for messages.
        numbers (np.ndarray): The numbers of the frames that are there, int64
            ``(N, )``, ascending.
    """

    name: str
    numbers: np.ndarray

    @property
    def key(self) -> str:
        """All that the frames depend on, for caches: here the path alone."""
        return self.name

    @abstractmethod
    def read(self, numbers: Sequence[int]) -> List[np.ndarray]:
        """Frames that are there, uint8 BGR of shape ``(H, W, 3)``.

        Args:
            numbers (Sequence[int]): Some of ``self.numbers``, ascending.

        Raises:
            ImageError: If one cannot be read.
        """

    def read_at(self, times: Sequence[float]) -> np.ndarray:
        """The frames at some times, blended of both neighbours where a time
        lies between frames.

        Args:
            times (Sequence[float]): T times, in numbers of frames, between
                the first frame and the last.

        Returns:
            np.ndarray: uint8 BGR of shape ``(T, H, W, 3)``.

        Raises:
            ImageError: If a frame cannot be read or has another size.
        """
        times = np.asarray(times, dtype=np.float64)
        after = np.searchsorted(self.numbers, times)
        before = np.where(self.numbers[after] > times, after - 1, after)
        left, right = self.numbers[before], self.numbers[after]
        share = (times - left) / np.maximum(right - left, 1)
        needed = np.union1d(left, right[share > 0]).tolist()
        frames = dict(zip(needed, self.read(needed)))
        shapes = {frame.shape for frame in frames.values()}
        if len(shapes) > 1:
            raise ImageError(f'{self.name}: the frames differ in size: '
                             f'{sorted(shapes)}')
        return np.stack([
            cv2.addWeighted(frames[a], 1 - w, frames[b], w, 0)
            if w > 0 else frames[a]
            for a, b, w in zip(left.tolist(), right.tolist(), share.tolist())
        ])


class FolderFrames(FrameSource):
    """A folder of pictures; the last digits of a name are its number.

    Files that are no pictures, and names without digits, are passed over.

    Args:
        path (str): The folder.

    Raises:
        ImageError: If there is no frame, or two have one number.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._files: Dict[int, str] = {}
        skipped: Counter = Counter()
        for name in sorted(os.listdir(path)):
            stem, suffix = osp.splitext(name)
            digits = _NUMBER.search(stem)
            if name.startswith('.') or digits is None or (
                    suffix.lower() not in IMAGE_SUFFIXES):
                continue
            number = int(digits.group(1))
            if number in self._files:
                raise ImageError(f'{path}: two frames have the number '
                                 f'{number}: {self._files[number]}, {name}')
            self._files[number] = name
        if not self._files:
            images_in(path, skipped)
            raise ImageError(f'{path}: no frame in this folder' + (
                f'; {describe_skipped(skipped)}' if skipped else ''))
        self.numbers = np.array(sorted(self._files), dtype=np.int64)

    def read(self, numbers: Sequence[int]) -> List[np.ndarray]:
        """See :class:`FrameSource`."""
        load = LoadFERImage()
        return [load(dict(img_path=osp.join(self.name, self._files[n])))['img']
                for n in numbers]


class VideoFrames(FrameSource):
    """A video file.

    Args:
        path (str): The file.
        first (int): The number of its first frame. Defaults to 0.

    Raises:
        ImageError: If it cannot be opened.
    """

    def __init__(self, path: str, first: int = 0) -> None:
        self.name = path
        capture = self._open()
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.release()
        if count < 1:
            raise ImageError(f'{path}: the video tells no number of frames')
        self.numbers = np.arange(first, first + count)

    @property
    def key(self) -> str:
        """The path, and the number of the first frame."""
        return f'{self.name} from {self.numbers[0]}'

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self.name)
        if not capture.isOpened():
            raise ImageError(f'{self.name}: cannot be opened as a video')
        return capture

    def read(self, numbers: Sequence[int]) -> List[np.ndarray]:
        """See :class:`FrameSource`. Reads from the start, since jumps in
        videos are not exact."""
        capture, frames, wanted = self._open(), [], set(numbers)
        for number in range(self.numbers[0], max(wanted) + 1):
            if not capture.grab():
                raise ImageError(f'{self.name}: frame {number} cannot be '
                                 'decoded')
            if number in wanted:
                frames.append(capture.retrieve()[1])
        capture.release()
        return frames


def open_frames(path: str, first: int = 0) -> FrameSource:
    """The frames of a folder or a video file.

    Args:
        path (str): The folder or file.
        first (int): The number of the first frame of a video. Defaults to 0.

    Raises:
        ImageError: If there is neither, or it has no frames.
    """
    if osp.isdir(path):
        return FolderFrames(path)
    if osp.isfile(path):
        return VideoFrames(path, first)
    raise ImageError(f'{path}: no such folder of frames or video')
