# Copyright (c) mmfer contributors.
import io
import warnings
from typing import Any, Iterator, Optional, Tuple

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from PIL import Image

from mmfer.registry import TRANSFORMS
from mmfer.structures import ImageError
from ..folders import OTHER_IMAGE_SUFFIXES
from .geometric_transform import COLOUR_TYPE, to_colour

_PNG, _JPEG = b'\x89PNG\r\n\x1a\n', b'\xff\xd8'
# Start of the image, and the markers of frames, which announce its size.
_JPEG_START = 0xda
_JPEG_FRAMES = set(range(0xc0, 0xd0)) - {0xc4, 0xc8, 0xcc}
_PNG_END, _JPEG_END = b'IEND\xaeB`\x82', b'\xff\xd9'


def _is_webp(data: bytes) -> bool:
    return data[:4] == b'RIFF' and data[8:12] == b'WEBP'


def _has_alpha(data: bytes) -> bool:
    """Whether the header of a PNG or WebP file announces transparency."""
    if data[:8] == _PNG:
        return data[25:26] in (b'\x04', b'\x06') or b'tRNS' in data[
            33:data.find(b'IDAT')]
    if _is_webp(data):
        kind = data[12:16]
        flags = data[20:21] if kind == b'VP8X' else data[24:25]
        return kind in (b'VP8X', b'VP8L') and bool(
            int.from_bytes(flags, 'big') & 0x10)
    return False


def _jpeg_segments(data: bytes) -> Iterator[Tuple[int, int]]:
    """Yield marker and place of each segment of the header of a JPEG file,
    up to the start of the image itself.

    Previews inside the header have segments of their own, which are skipped.
    """
    place = 2
    while place + 4 <= len(data) and data[place] == 0xff:
        marker = data[place + 1]
        if marker == 0xff:
            place += 1
            continue
        yield marker, place
        if marker == _JPEG_START:
            return
        place += 2 + int.from_bytes(data[place + 2:place + 4], 'big')


def _jpeg_ends(data: bytes) -> bool:
    """Return whether an end marker follows the start of the image."""
    return data.endswith(_JPEG_END) or any(
        marker == _JPEG_START and data.find(_JPEG_END, place) >= 0
        for marker, place in _jpeg_segments(data))


def _num_pixels(data: bytes) -> int:
    """Return the number of pixels that the header of an image announces, 0
    if it cannot be read."""
    if data[:8] == _PNG:
        size = data[16:20], data[20:24]
    elif data[:2] == _JPEG:
        size = next(((data[place + 5:place + 7], data[place + 7:place + 9])
                     for marker, place in _jpeg_segments(data)
                     if marker in _JPEG_FRAMES), (b'', b''))
    else:
        try:
            with warnings.catch_warnings():
                # Pillow has a limit of its own.
                warnings.simplefilter('ignore', Image.DecompressionBombWarning)
                width, height = Image.open(io.BytesIO(data)).size
            return width * height
        except Image.DecompressionBombError:
            return 2**63
        except Exception:  # a damaged or unknown file: for the decoder
            return 0
    return int.from_bytes(size[0], 'big') * int.from_bytes(size[1], 'big')


def _is_truncated(data: bytes) -> bool:
    """Whether the end of a JPEG, PNG or WebP file is missing.

    Decoders fill what is missing with grey and do not complain.
    """
    if data[:2] == _JPEG:
        return not _jpeg_ends(data)
    if data[:8] == _PNG:
        return data.rfind(_PNG_END) < 0
    if _is_webp(data):
        return len(data) < 8 + int.from_bytes(data[4:8], 'little')
    return False


def check_pixels(img: Any) -> None:
    """Refuse what is not the pixels of an image.

    Args:
        img (Any): Should be a uint8 array of shape ``(H, W)``, ``(H, W, 1)``,
            ``(H, W, 3)`` or ``(H, W, 4)``.

    Raises:
        TypeError: If it is not an array of uint8.
        ValueError: If it has another shape.
    """
    if not isinstance(img, np.ndarray) or img.dtype != np.uint8:
        kind = getattr(img, 'dtype', type(img).__name__)
        raise TypeError('img must be an array of uint8 with values 0 to 255, '
                        f'got {kind}')
    if img.ndim not in (2, 3) or 0 in img.shape or (
            img.ndim == 3 and img.shape[2] not in (1, 3, 4)):
        raise ValueError('img must have shape (H, W), (H, W, 1), (H, W, 3) or '
                         f'(H, W, 4), got {img.shape}')


@TRANSFORMS.register_module()
class LoadFERImage(BaseTransform):
    """Load a face as BGR pixels, whatever the file holds.

    Grey images get three equal channels; transparent PNG and WebP images are
    laid over ``background``; 16-bit images are scaled to 8 bits; the EXIF
    orientation of photographs is applied. Where ``results`` already holds
    ``img`` (rows of the FER2013 csv, arrays given to an inferencer), that
    array is taken in place of a file.

    **Required Keys:** ``img_path`` or ``img``

    **Added Keys:** ``img`` (uint8 BGR of shape ``(H, W, 3)``), ``img_shape``
    and ``ori_shape`` (height, width)

    Args:
        background (int or Sequence[int]): Grey value or blue, green and red,
            0 to 255, under transparent pixels. Defaults to 0, black.
        max_pixels (int): The most pixels that a file may announce; checked
            before memory is taken. Defaults to 100 million.

    Raises:
        ImageError: If the file is missing, empty, truncated, too large or
            cannot be decoded.
        TypeError: If a given array is not uint8.
        ValueError: If a given array has no shape of an image.
    """

    def __init__(self, background: COLOUR_TYPE = 0,
                 max_pixels: int = 100_000_000) -> None:
        self.max_pixels = max_pixels
        self.background = np.array(
            to_colour(background, 'background'), dtype=np.float32)

    def transform(self, results: dict) -> dict:
        """Load the image of one sample."""
        given = results.get('img')
        if given is None:
            if 'img_path' not in results:
                raise KeyError('a sample needs img_path or img, got '
                               f'{sorted(results)}')
            img = self._read(results['img_path'])
        else:
            img = self._from_array(given, results.get('img_path'))
        results['img'] = img
        results['img_shape'] = img.shape[:2]
        # A packed face knows its first shape already.
        results.setdefault('ori_shape', img.shape[:2])
        return results

    def _read(self, path: str) -> np.ndarray:
        try:
            with open(path, 'rb') as file:
                data = file.read()
        except OSError as error:
            raise ImageError(f'{path}: cannot be read: '
                             f'{error.strerror}') from error
        if not data:
            raise ImageError(f'{path}: the file is empty')
        if _is_truncated(data):
            raise ImageError(f'{path}: the image is truncated, its end is '
                             'missing')
        pixels = _num_pixels(data)
        if pixels > self.max_pixels:
            raise ImageError(
                f'{path}: the image has {pixels / 1e6:.0f} megapixels, '
                f'{self.max_pixels / 1e6:.0f} are allowed',
                hint='make it smaller, or raise max_pixels of LoadFERImage')
        alpha = _has_alpha(data)
        img = self._decode(
            data, cv2.IMREAD_UNCHANGED if alpha else cv2.IMREAD_COLOR)
        if img is None:
            other = path.lower().endswith(OTHER_IMAGE_SUFFIXES)
            raise ImageError(
                f'{path}: cannot be decoded as an image',
                hint='convert it to .jpg or .png' if other else None)
        if not alpha:
            return img
        if img.dtype == np.uint16:
            img = (img / 257).round().astype(np.uint8)
        return self._to_bgr(img)

    @staticmethod
    def _decode(data: bytes, flag: int) -> Optional[np.ndarray]:
        try:
            return cv2.imdecode(np.frombuffer(data, np.uint8), flag)
        except cv2.error:
            return None

    def _from_array(self, img: np.ndarray,
                    path: Optional[str]) -> np.ndarray:
        try:
            check_pixels(img)
        except (TypeError, ValueError) as error:
            place = '' if path is None else f'{path}: '
            raise type(error)(f'{place}{error}') from None
        return self._to_bgr(img)

    def _to_bgr(self, img: np.ndarray) -> np.ndarray:
        """A new array of shape ``(H, W, 3)``."""
        if img.ndim == 2 or img.shape[2] == 1:
            return cv2.cvtColor(np.ascontiguousarray(img), cv2.COLOR_GRAY2BGR)
        if img.shape[2] == 3:
            return img.copy()
        alpha = img[..., 3:].astype(np.float32) / 255
        mixed = img[..., :3] * alpha + self.background * (1 - alpha)
        return mixed.round().astype(np.uint8)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(background='
                f'{self.background.astype(int).tolist()})')
