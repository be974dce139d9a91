# Copyright (c) mmfer contributors.
"""Reading and really decoding images, in parallel."""
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Dict, Iterable, NamedTuple, Optional, Sequence

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

_SIXTEEN_BIT = ('I', 'F', 'I;16', 'I;16B', 'I;16L')


class ImageFacts(NamedTuple):
    """What is known of a picture after reading it.

    Attributes:
        problem (str, optional): The check of ``CHECKS`` that it fails.
        detail (str): What exactly is wrong.
        file_digest (bytes, optional): Digest of the bytes of the file, or of
            the array.
        pixel_digest (bytes, optional): Digest of the decoded pixels. A grey
            picture and its copy stored as colours have the same one, and so
            have a picture and its copy with an opaque alpha channel.
        width (int): Columns in pixels, 0 if unknown.
        height (int): Rows in pixels, 0 if unknown.
        channels (str): ``'grey'``, ``'colour'``, ``'alpha'``, ``'palette'``,
            ``'16 bit'`` or the mode's name in Pillow.
        uniform (bool): Whether all pixels are equal.
    """
    problem: Optional[str] = None
    detail: str = ''
    file_digest: Optional[bytes] = None
    pixel_digest: Optional[bytes] = None
    width: int = 0
    height: int = 0
    channels: str = ''
    uniform: bool = False


def scan_files(paths: Sequence[str],
               workers: int = 2,
               track: Optional[Callable[[Iterable, int], Iterable]] = None
               ) -> Dict[str, ImageFacts]:
    """Read and decode image files.

    Args:
        paths (Sequence[str]): The files, each once.
        workers (int): Number of threads. Defaults to 2.
        track (Callable, optional): Wraps the iterator of results, whose
            length it is told, to show the progress. Defaults to None.

    Returns:
        dict[str, ImageFacts]: The facts of each file.
    """
    if workers < 1:
        raise ValueError(f'workers must be positive, got {workers}')
    # Pillow can be told globally to accept truncated files; not here.
    tolerant = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    pool = ThreadPoolExecutor(workers)
    try:
        results = pool.map(scan_file, paths)
        if track is not None:
            results = track(results, len(paths))
        return dict(zip(paths, results))
    finally:
        pool.shutdown(cancel_futures=True)
        ImageFile.LOAD_TRUNCATED_IMAGES = tolerant


def scan_file(path: str) -> ImageFacts:
    """Read and decode one image file.

    Found are truncated files, JPEG without end marker, PNG with a wrong
    checksum or without end chunk, and files that are no images. Damage inside
    a JPEG that its decoder bridges without complaint stays unseen.
    """
    try:
        with open(path, 'rb') as file:
            data = file.read()
    except FileNotFoundError:
        return ImageFacts('missing file', 'no such file')
    except OSError as error:
        return ImageFacts('unreadable file', error.strerror or str(error))
    if not data:
        return ImageFacts('empty file', '0 bytes')
    digest = _digest(data)
    try:
        image = Image.open(io.BytesIO(data))
        if image.format == 'PNG':
            image.verify()  # checksums; uses the image up
            image = Image.open(io.BytesIO(data))
        image.load()
        _require_end(image.format, data)
        return _decoded_facts(image, digest)
    except UnidentifiedImageError:
        return ImageFacts('corrupt image', 'no image of a known format',
                          digest)
    # Decoders raise nearly everything on damaged input.
    except Exception as error:
        return ImageFacts('corrupt image', str(error), digest)


def _require_end(format: Optional[str], data: bytes) -> None:
    """Raise an error where the end of the file is missing, which decoders
    forgive if all pixels are there."""
    if format in ('JPEG', 'MPO'):
        # the end marker after the last start of a scan
        complete = data.rfind(b'\xff\xd9') > data.rfind(b'\xff\xda')
    elif format == 'PNG':
        complete = b'IEND\xaeB`\x82' in data
    else:
        return
    if not complete:
        raise OSError(f'the end of the {format} file is missing')


def scan_array(array: np.ndarray) -> ImageFacts:
    """The facts of a picture that is stored in the annotations.

    Args:
        array (np.ndarray): uint8 of shape ``(H, W)``, ``(H, W, 1)``,
            ``(H, W, 3)`` in BGR or ``(H, W, 4)`` in BGRA order.
    """
    array = np.asarray(array)
    shape = array.shape
    if array.dtype != np.uint8 or not (
            len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4))):
        return ImageFacts(
            'corrupt image', f'an array of {array.dtype} and shape {shape} '
            'where uint8 of (H, W[, 1, 3 or 4]) belongs')
    if array.size == 0:
        return ImageFacts('empty file', f'an array of shape {shape}')
    if array.ndim == 3:
        # BGR(A) to RGB(A)
        order = {1: 0, 3: [2, 1, 0], 4: [2, 1, 0, 3]}[shape[2]]
        array = array[..., order]
    image = Image.fromarray(np.ascontiguousarray(array))
    digest = _digest(array.tobytes(), str(shape))
    return _decoded_facts(image, digest)


def _decoded_facts(image: Image.Image, digest: bytes) -> ImageFacts:
    """The facts of a decoded picture."""
    extrema = image.getextrema()
    if isinstance(extrema[0], tuple):
        uniform = all(low == high for low, high in extrema)
    else:
        uniform = extrema[0] == extrema[1]
    mode = image.mode
    if mode in ('RGBA', 'LA', 'PA') or 'transparency' in image.info:
        channels = 'alpha'
        canonical = image.convert('RGBA')
        if canonical.getextrema()[3] == (255, 255):
            canonical = canonical.convert('RGB')
    elif mode in _SIXTEEN_BIT:
        channels, canonical = '16 bit', image
    else:
        names = {'1': 'grey', 'L': 'grey', 'RGB': 'colour', 'P': 'palette'}
        channels, canonical = names.get(mode, mode), image.convert('RGB')
    pixels = _digest(canonical.tobytes(), f'{canonical.mode} {image.size}')
    return ImageFacts(None, '', digest, pixels, *image.size, channels,
                      uniform)


def _digest(data: bytes, kind: str = '') -> bytes:
    return hashlib.blake2b(kind.encode() + data, digest_size=16).digest()
