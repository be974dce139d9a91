# Copyright (c) mmfer contributors.
"""Images from files, arrays, folders, videos and cameras."""
import math
import os
import os.path as osp
import time
import warnings
from collections import Counter
from contextlib import contextmanager
from typing import (Any, Iterable, Iterator, List, Mapping, NamedTuple,
                    Optional, Sequence, Union)

import cv2
import numpy as np
from PIL import Image, ImageOps

from mmfer.datasets.folders import (IMAGE_SUFFIXES, OTHER_IMAGE_SUFFIXES,
                                    describe_skipped, images_in)
from mmfer.datasets.transforms import LoadFERImage
from mmfer.datasets.transforms.load_fer_image import check_pixels
from mmfer.errors import ImageError, UserError

VIDEO_SUFFIXES = ('.avi', '.gif', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg',
                  '.mpg', '.webm', '.wmv')
# A file, an array or a PIL image.
PICTURE = Union[str, os.PathLike, np.ndarray, Image.Image]
# A file or folder, the number of a camera, an array, a PIL image, or several
# files, arrays and PIL images.
INPUTS = Union[PICTURE, int, Iterable[PICTURE]]
# Modes of PIL whose values are not 8 bits, other than 16-bit gray.
_DEEP_MODES = ('I', 'F')


class InputError(UserError, OSError):
    """A picture, video or camera that cannot be read."""


class Picture(NamedTuple):
    """A picture to look for faces in.

    Args:
        image (np.ndarray, optional): BGR, uint8 of shape ``(H, W, 3)``; None
            if it cannot be read.
        source (str): The file; ``'[3]'`` for the fourth of given arrays or
            PIL images; ``'camera 0'``.
        frame (int, optional): The number of the frame in a video, from 0.
            Defaults to None, no video.
        seconds (float, optional): When the frame is shown, counted from the
            start of the video or the first frame of a camera. Defaults to
            None.
        problem (str, optional): Why it cannot be read. Defaults to None.
    """

    image: Optional[np.ndarray]
    source: str
    frame: Optional[int] = None
    seconds: Optional[float] = None
    problem: Optional[str] = None


class StillPictures:
    """Images from files, arrays and PIL, read when their turn comes.

    Args:
        inputs (Sequence[str, PathLike, np.ndarray or PIL image]): Files;
            arrays as :class:`~mmfer.datasets.transforms.LoadFERImage` takes
            them, BGR; PIL images of 8 or 16 bits.
        notes (Sequence[str]): What to report about the inputs, such as images
            of a folder that are not read. Defaults to ().

    Yields:
        Picture: One that cannot be read carries its problem, unless it is the
        only one.

    Raises:
        ImageError: If the only image cannot be read.
    """

    live = False
    fps = None

    def __init__(self, inputs: Sequence[PICTURE],
                 notes: Sequence[str] = ()) -> None:
        self.notes = tuple(notes)
        self.inputs = [
            item if isinstance(item, (np.ndarray, Image.Image)) else
            os.fsdecode(item) for item in inputs
        ]
        self.total = len(self.inputs)
        self._load = LoadFERImage()

    def __iter__(self) -> Iterator[Picture]:
        for number, item in enumerate(self.inputs):
            is_file = isinstance(item, str)
            name = item if is_file else f'[{number}]'
            try:
                if isinstance(item, Image.Image):
                    item = _pixels_of(item, name)
                sample = dict(img_path=name)
                if not is_file:
                    sample['img'] = item
                yield Picture(self._load(sample)['img'], name)
            except ImageError as error:
                if self.total == 1:
                    raise ImageError(
                        str(error), hint='give an image that other programs '
                        'can show') from None
                yield Picture(None, name, problem=str(error))


def _pixels_of(image: Image.Image, name: str) -> np.ndarray:
    """Return the pixels of a PIL image, upright, as OpenCV orders them.

    Args:
        image (PIL.Image.Image): Of any mode of 8 bits, or 16-bit gray.
        name (str): For messages.

    Returns:
        np.ndarray: uint8 BGR or BGRA, ``(H, W, 3)`` or ``(H, W, 4)``.

    Raises:
        ImageError: If its file cannot be decoded.
    """
    try:
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith('I;16'):
            gray = (np.asarray(image) / 257).round().astype(np.uint8)
            return np.repeat(gray[..., None], 3, axis=2)
        transparent = image.mode in ('LA', 'La', 'PA', 'RGBA', 'RGBa') or \
            'transparency' in image.info
        rgb = np.asarray(image.convert('RGBA' if transparent else 'RGB'))
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f'{name}: cannot be decoded: {error}') from None
    return rgb[..., [2, 1, 0, 3][:rgb.shape[2]]]


class VideoFrames:
    """The frames of a video file or a camera.

    The time of a frame is its time stamp in the file, so that it holds for
    variable frame rates too; where a file has none, or one that does not
    increase, a frame follows the one before by ``1 / fps``. Frames of a
    camera are timed by the clock when they are read.

    Args:
        source (str or int): A file, or the number of a camera.

    Raises:
        InputError: If it cannot be opened, or gives no frame.
    """

    notes: Sequence[str] = ()

    def __init__(self, source: Union[str, int]) -> None:
        self.live = isinstance(source, int)
        self.name = f'camera {source}' if self.live else source
        with _quiet():
            self._capture = cv2.VideoCapture(source)
        if not self._capture.isOpened():
            raise InputError(
                f'{self.name}: cannot be opened', hint='check that a camera '
                'is there and this user may read it, or try another number'
                if self.live else 'check that other programs can play it; '
                'tools such as ffmpeg convert it')
        self.fps = self._capture.get(cv2.CAP_PROP_FPS) or 25.
        frames = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.total = frames if frames > 0 and not self.live else None

    def __iter__(self) -> Iterator[Picture]:
        number, seconds, longest = 0, -1 / self.fps, 1 / self.fps
        try:
            while True:
                good, image = self._capture.read()
                if not good:
                    break
                previous, seconds = seconds, self._time_after(seconds)
                longest = max(longest, seconds - previous)
                yield Picture(image, self.name, number, seconds)
                number += 1
        finally:
            self._capture.release()
        if number == 0:
            raise InputError(f'{self.name}: has no frame', hint='check that '
                             'other programs can show it')
        # Of a variable frame rate, OpenCV announces duration times rate.
        if self.total and number < self.total and (
                seconds + 2 * longest < self.total / self.fps):
            warnings.warn(f'{self.name}: {number} of {self.total} announced '
                          'frames could be read')


    def _time_after(self, previous: float) -> float:
        """Return the time of the frame just read, in seconds; ``previous``
        is that of the frame before, negative at the first."""
        if self.live:
            now = time.monotonic()
            if previous < 0:
                self._start = now
            return now - self._start
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        # At first 0 may also stand for no time stamp, which is the same.
        if math.isfinite(stamp) and stamp > max(previous, -1e-9):
            return max(stamp, 0.)
        return previous + 1 / self.fps


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
    """Open images to read one after the other.

    Args:
        inputs (str, PathLike, int, np.ndarray, PIL image or iterable): An
            image, a folder of images, a video, the number of a camera, a BGR
            array, a PIL image, or several images, arrays and PIL images.

    Returns:
        StillPictures or VideoFrames: To iterate over once; ``total``, the
        number of images if it is known; ``fps`` of a video, else None;
        ``live``, whether it is a camera; ``notes``, what to report.

    Raises:
        InputError: If there is nothing of the kind.
    """
    if isinstance(inputs, (int, np.integer)) and not isinstance(inputs, bool):
        return VideoFrames(int(inputs))
    if isinstance(inputs, (np.ndarray, Image.Image)):
        return StillPictures(_checked([inputs]))
    if isinstance(inputs, os.PathLike):
        inputs = os.fsdecode(inputs)
    if not isinstance(inputs, str):
        several = isinstance(inputs, Iterable) and not isinstance(
            inputs, (bytes, bytearray, Mapping)) and not _is_tensor(inputs)
        return StillPictures(_checked(list(inputs) if several else [inputs]))
    if osp.isdir(inputs):
        skipped: Counter = Counter()
        paths = images_in(inputs, skipped)
        if not skipped:
            return StillPictures(_checked(paths, inputs))
        note = f'{inputs}: {describe_skipped(skipped)}'
        return StillPictures(_checked(paths, f'{note}; it'), [note])
    if not osp.isfile(inputs):
        raise InputError(f'{inputs}: no such file or folder',
                         hint='check the path')
    if inputs.lower().endswith(IMAGE_SUFFIXES):
        return StillPictures([inputs])
    if inputs.lower().endswith(VIDEO_SUFFIXES):
        return VideoFrames(inputs)
    if inputs.lower().endswith(OTHER_IMAGE_SUFFIXES):
        raise InputError(
            f'{inputs}: images with this ending are not read',
            hint='convert it to .jpg or .png; tools such as ImageMagick do')
    raise InputError(
        f'{inputs}: neither an image nor a video by its ending',
        hint=f'one of {" ".join(IMAGE_SUFFIXES)}, or of '
        f'{" ".join(VIDEO_SUFFIXES)}')


def _is_tensor(item: Any) -> bool:
    # Arrays of other libraries: their layout and order of colors are unknown.
    return hasattr(item, '__array__') or hasattr(item, '__dlpack__')


def _checked(inputs: List[PICTURE], place: str = 'the list'
             ) -> List[PICTURE]:
    """Return ``inputs``, if each of them can be an image."""
    if not inputs:
        raise InputError(f'{place}: holds no image',
                         hint='give images that end in one of '
                         f'{" ".join(IMAGE_SUFFIXES)}')
    for number, item in enumerate(inputs):
        if isinstance(item, np.ndarray):
            try:
                check_pixels(item)
            except (TypeError, ValueError) as error:
                raise InputError(
                    f'[{number}]: {error}', hint='give uint8 arrays in BGR '
                    'order, and a batch (N, H, W, 3) as a list of N of them'
                ) from None
        elif isinstance(item, Image.Image):
            if item.mode in _DEEP_MODES:
                raise InputError(
                    f'[{number}]: a PIL image of mode {item.mode!r}, whose '
                    'range of values is unknown',
                    hint="scale it to 0 to 255 and call convert('RGB')")
        elif not isinstance(item, (str, os.PathLike)):
            raise InputError(
                f'{_short(item)}: neither a path nor an array nor a PIL '
                'image', hint='give one video or camera at a time, images as '
                'a list of paths, PIL images and arrays, and an RGB tensor '
                '(3, H, W) of uint8 as image.permute(1, 2, 0).cpu().numpy()'
                '[:, :, ::-1]')
    return inputs


def _short(item: Any) -> str:
    """Return an input as a message names it."""
    if item is None or isinstance(item, (bool, int, float)):
        return repr(item)
    shape = getattr(item, 'shape', None)
    name = f'{type(item).__module__}.{type(item).__qualname__}'
    return name if shape is None else f'{name} of shape {tuple(shape)}'
