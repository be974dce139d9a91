# Copyright (c) mmfer contributors.
"""What lies in a packed folder, and how it is read and checked.

::

    folder
    ├── index.json        version, origin, shapes, checksums
    ├── annotations.npz   arrays, see columns.py
    ├── images.u8         raw bytes of shape (N, H, W, 3), blue green red
    └── gt_mask.u8        raw bytes of shape (N, H, W), where there are masks
"""
import hashlib
import json
import os
import os.path as osp
import zipfile
from typing import Any, Dict, Iterator, Tuple

import numpy as np

from mmfer.structures import AnnotationError
from .pixel_array import PixelArray, pixel_file

VERSION = 1
INDEX, ANNOTATIONS, PROGRESS = 'index.json', 'annotations.npz', 'packing.json'


def digest(data: Any) -> str:
    """The SHA-256 of bytes or of a contiguous array."""
    return hashlib.sha256(data).hexdigest()


def write_json(path: str, content: Any) -> None:
    """Write a JSON file that is whole or not there."""
    with open(path + '.new', 'w', encoding='utf-8') as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + '.new', path)


def read_json(path: str) -> Any:
    """Read a JSON file.

    Raises:
        AnnotationError: If it is not valid JSON.
    """
    with open(path, encoding='utf-8') as file:
        try:
            return json.load(file)
        except ValueError as error:
            raise AnnotationError(f'not valid JSON ({error})', path,
                                  remedy='pack the dataset again') from error


def read_index(folder: str) -> Dict[str, Any]:
    """The index of a packed folder, whose files it compares in size.

    Raises:
        FileNotFoundError: If the folder is no packed one, or a file is
            missing.
        AnnotationError: If packing did not finish, the version is unknown, or
            a file has another size than it should.
    """
    path = osp.join(folder, INDEX)
    if not osp.isfile(path):
        if osp.isfile(osp.join(folder, PROGRESS)):
            raise AnnotationError(
                'packing did not finish', folder,
                remedy='run tools/dataset_tools/pack.py again, it goes on '
                'where it stopped')
        raise FileNotFoundError(
            f'{osp.abspath(folder)}: no packed dataset, {INDEX} is missing. '
            'Remedy: check data_root, or make it with '
            'tools/dataset_tools/pack.py')
    index = read_json(path)
    if index.get('version') != VERSION:
        raise AnnotationError('unknown version of a packed dataset', path,
                              value=index.get('version'),
                              remedy=f'pack it again for version {VERSION}')
    for name, array in index['pixels'].items():
        file = osp.join(folder, pixel_file(name))
        wanted = int(np.prod(array['shape']))
        found = osp.getsize(file) if osp.isfile(file) else 0
        if found != wanted:
            raise AnnotationError(f'{found} bytes where {wanted} belong', file,
                                  remedy='copy it again or pack it again')
    return index


def read_annotations(folder: str, index: Dict[str, Any]
                     ) -> Dict[str, np.ndarray]:
    """The arrays of ``annotations.npz``, after a check of its checksum.

    Raises:
        AnnotationError: If the file is damaged.
    """
    path = osp.join(folder, ANNOTATIONS)
    try:
        with open(path, 'rb') as file:
            found = digest(file.read())
        if found != index['annotations']:
            raise ValueError('its checksum is not the one of the index')
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise AnnotationError(f'damaged: {error}', path,
                              remedy='copy it again or pack it again'
                              ) from error


def damaged_samples(folder: str) -> Iterator[Tuple[str, range, bool]]:
    """Compare all pixels with their checksums.

    Yields:
        tuple[str, range, bool]: The file, the samples of one chunk, and
        whether they are damaged.
    """
    index = read_index(folder)
    for name, array in index['pixels'].items():
        pixels, start = PixelArray(folder, name, array['shape']), 0
        for number, wanted in array['chunks']:
            found = digest(pixels.slice(start, start + number))
            yield (osp.join(folder, pixel_file(name)),
                   range(start, start + number), found != wanted)
            start += number
