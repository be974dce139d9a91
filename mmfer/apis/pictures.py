# Copyright (c) mmfer contributors.
"""Pictures from files, arrays, folders, videos and cameras."""
import os
import os.path as osp
import warnings
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Optional, Sequence, Union

import cv2
import numpy as np

from mmfer.datasets.folders import IMAGE_SUFFIXES, images_in
from mmfer.datasets.transforms import LoadFERImage
from mmfer.errors import ImageError, UserError

VIDEO_SUFFIXES = ('.avi', '.gif', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg',
                  '.mpg', '.webm', '.wmv')
# A file or an array.
PICTURE = Union[str, os.PathLike, np.ndarray]
# A file or folder, the number of a camera, an array, or a list of files and
# arrays.
INPUTS = Union[PICTURE, int, Sequence[PICTURE]]


class InputError(UserError, OSError):
    """A picture, video or camera that cannot be read."""


class Picture(NamedTuple):
    """A picture to look for faces in.

    Args:
        image (np.ndarray, optional): BGR, uint8 of shape ``(H, W, 3)``; None
            if it cannot be read.
        source (str): The file; ``'[3]'`` for the fourth of given arrays;
            ``'camera 0'``.
        frame (int, optional): The number of the frame in a video, from 0.
            Defaults to None, no video.
        seconds (float, optional): When the frame is shown. Defaults to None.
        problem (str, optional): Why it cannot be read. Defaults to None.
    """

    image: Optional[np.ndarray]
    source: str
    frame: Optional[int] = None
    seconds: Optional[float] = None
    problem: Optional[str] = None


class StillPictures:
    """Pictures from files and arrays, read when their turn comes.

    Args:
        inputs (Sequence[str, PathLike or np.ndarray]): Files, and arrays as
            :class:`~mmfer.datasets.transforms.LoadFERImage` takes them, BGR.

    Yields:
        Picture: One that cannot be read carries its problem, unless it is the
        only one.

    Raises:
        ImageError: If the only picture cannot be read.
    """

    live = False
    fps = None

    def __init__(self, inputs: Sequence[PICTURE]) -> None:
        self.inputs = [
            item if isinstance(item, np.ndarray) else os.fspath(item)
            for item in inputs
        ]
        self.total = len(inputs)
        self._load = LoadFERImage()

    def __iter__(self) -> Iterator[Picture]:
        for number, item in enumerate(self.inputs):
            is_file = isinstance(item, str)
            name = item if is_file else f'[{number}]'
            asked = dict(img_path=item) if is_file else dict(
                img=item, img_path=name)
            try:
                yield Picture(self._load(asked)['img'], name)
            except ImageError as error:
                if self.total == 1:
                    raise ImageError(f'{error}. Remedy: give a picture that '
                                     'other programs can show') from None
                yield Picture(None, name, problem=str(error))


class VideoFrames:
    """The frames of a video file or a camera.

    Args:
        source (str or int): A file, or the number of a camera.

    Raises:
        InputError: If it cannot be opened, or gives no frame.
    """

    def __init__(self, source: Union[str, int]) -> None:
        self.live = isinstance(source, int)
        self.name = f'camera {source}' if self.live else source
        with _quiet():
            self._capture = cv2.VideoCapture(source)
        if not self._capture.isOpened():
            raise InputError(
                f'{self.name}: cannot be opened',
                hint='check that a camera is there and this user may read '
                'it, or try another number' if self.live else 'check that '
                'other programs can play it; tools such as ffmpeg convert it')
        self.fps = self._capture.get(cv2.CAP_PROP_FPS) or 25.
        frames = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.total = frames if frames > 0 and not self.live else None

    def __iter__(self) -> Iterator[Picture]:
        number = 0
        try:
            while True:
                good, image = self._capture.read()
                if not good:
                    break
                yield Picture(image, self.name, number, number / self.fps)
                number += 1
        finally:
            self._capture.release()
        if number == 0:
            raise InputError(f'{self.name}: gives no picture. Remedy: check '
                             'that other programs can show it')
        if self.total and number < self.total:
            warnings.warn(f'{self.name}: {number} of {self.total} announced '
                          'frames could be read')


@contextmanager
def _quiet() -> Iterator[None]:
    """A context in which OpenCV does not complain: we say it in one line."""
    logging = cv2.utils.logging
    before = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)


def open_pictures(inputs: INPUTS) -> Union[StillPictures, VideoFrames]:
    """Pictures one after the other.

    Args:
        inputs (str, PathLike, int, np.ndarray or list): An image, a folder of
            images, a video, the number of a camera, a BGR array, or a list of
            images and arrays.

    Returns:
        StillPictures or VideoFrames: To iterate over once; ``total``, the
        number of pictures if it is known; ``fps`` of a video, else None;
        ``live``, whether it is a camera.

    Raises:
        InputError: If there is nothing of the kind.
    """
    if isinstance(inputs, np.ndarray):
        return StillPictures([inputs])
    if isinstance(inputs, int):
        return VideoFrames(inputs)
    if isinstance(inputs, os.PathLike):
        inputs = os.fspath(inputs)
    if not isinstance(inputs, str):
        return StillPictures(_checked(list(inputs)))
    if osp.isdir(inputs):
        return StillPictures(_checked(images_in(inputs), inputs))
    if not osp.isfile(inputs):
        raise InputError(f'{inputs}: no such file or folder. Remedy: check '
                         'the path')
    if inputs.lower().endswith(IMAGE_SUFFIXES):
        return StillPictures([inputs])
    if inputs.lower().endswith(VIDEO_SUFFIXES):
        return VideoFrames(inputs)
    raise InputError(f'{inputs}: neither a picture nor a video by its ending. '
                     f'Remedy: one of {" ".join(IMAGE_SUFFIXES)}, or of '
                     f'{" ".join(VIDEO_SUFFIXES)}')


def _checked(inputs: List[PICTURE], place: str = 'the list'
             ) -> List[PICTURE]:
    if not inputs:
        raise InputError(f'{place}: holds no picture. Remedy: give pictures '
                         f'that end in one of {" ".join(IMAGE_SUFFIXES)}')
    for item in inputs:
        if not isinstance(item, (str, os.PathLike, np.ndarray)):
            raise InputError(f'{item!r}: neither a path nor an array. Remedy: '
                             'give one video or camera at a time, and '
                             'pictures as a list of paths and arrays')
    return inputs
