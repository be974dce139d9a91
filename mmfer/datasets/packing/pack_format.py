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
import os.path as osp
from typing import Any, Dict, Iterator, Sequence, Tuple

import numpy as np

from mmfer.errors import AnnotationError, MissingFileError
from mmfer.files import atomic_write, read_npz
from .columns import from_arrays
from .pixel_array import PixelArray, pixel_file

VERSION = 2
_HINT = 'copy it again or pack it again'
INDEX, ANNOTATIONS, PROGRESS = 'index.json', 'annotations.npz', 'packing.json'


def digest(data: Any) -> str:
    """The SHA-256 of bytes or of a contiguous array."""
    return hashlib.sha256(data).hexdigest()


def write_json(path: str, content: Dict[str, Any]) -> None:
    """Write a JSON file with a checksum; it is complete or absent."""
    with atomic_write(path) as file:
        json.dump(dict(content, checksum=_checksum(content)), file, indent=1)


def _checksum(content: Dict[str, Any]) -> str:
    # As read back: JSON has no tuples, and only text as keys.
    plain = json.loads(json.dumps(content))
    return digest(json.dumps(plain, sort_keys=True).encode())


def read_json(path: str) -> Dict[str, Any]:
    """Return what :func:`write_json` wrote.

    Raises:
        AnnotationError: If it is damaged.
    """
    hint = 'copy it again or pack the dataset again'
    with open(path, encoding='utf-8') as file:
        try:
            content = json.load(file)
        except (ValueError, RecursionError) as error:
            raise AnnotationError(f'not valid JSON ({error})', path,
                                  hint=hint) from error
    if not isinstance(content, dict):
        raise AnnotationError('not the index of a packed dataset', path,
                              hint=hint)
    stored = content.pop('checksum', None)
    # Version 1 had none.
    if stored != _checksum(content) and (
            stored is not None or content.get('version') != 1):
        raise AnnotationError('damaged: its checksum is another', path,
                              hint=hint)
    return content


def read_index(folder: str) -> Dict[str, Any]:
    """Return the index of a packed folder, after a comparison of the sizes
    of its files and arrays.

    Raises:
        FileNotFoundError: If the folder is no packed one, or a file is
            missing.
        AnnotationError: If packing did not finish, the version is unknown,
            the index is damaged, or a file has another size than it should.
    """
    path = osp.join(folder, INDEX)
    if not osp.isfile(path):
        if osp.isfile(osp.join(folder, PROGRESS)):
            raise AnnotationError(
                'packing did not finish', folder,
                hint='run tools/dataset_tools/pack.py again, it goes on '
                'where it stopped')
        raise MissingFileError(f'{osp.abspath(folder)}: no packed dataset, '
                               f'{INDEX} is missing',
                               hint='check data_root, or make it with '
                               'tools/dataset_tools/pack.py')
    index = read_json(path)
    if index.get('version') not in (1, VERSION):
        raise AnnotationError('unknown version of a packed dataset', path,
                              value=index.get('version'),
                              hint=f'pack it again for version {VERSION}')
    for name, array in index['pixels'].items():
        file = osp.join(folder, pixel_file(name))
        wanted = int(np.prod(array['shape'], dtype=np.int64))
        found = osp.getsize(file) if osp.isfile(file) else 0
        if found != wanted:
            raise AnnotationError(f'{found} bytes where {wanted} belong', file,
                                  hint=_HINT)
        rows = {array['shape'][0], sum(n for n, _ in array['chunks'])}
        if rows != {index['samples']}:
            raise AnnotationError(
                f'{index["samples"]} samples, but {name} of {sorted(rows)}',
                path, hint=_HINT)
    return index


def read_annotations(folder: str, index: Dict[str, Any]
                     ) -> Dict[str, Sequence]:
    """Return the columns of ``annotations.npz``, after a comparison with the
    checksum, the number of samples and the classes of the index.

    Args:
        folder (str): The packed folder.
        index (Dict[str, Any]): From :func:`read_index`.

    Returns:
        dict[str, Sequence]: See :func:`~.columns.from_arrays`.

    Raises:
        AnnotationError: If the file is damaged, or belongs to another index.
    """
    path = osp.join(folder, ANNOTATIONS)
    try:
        with open(path, 'rb') as file:
            found = digest(file.read())
    except OSError as error:
        raise AnnotationError(f'cannot be read: {error.strerror}', path,
                              hint=_HINT) from error
    if found != index['annotations']:
        raise AnnotationError('damaged: its checksum is not the one of the '
                              'index', path, hint=_HINT)
    columns = from_arrays(read_npz(path, _HINT))
    for name, values in columns.items():
        if len(values) != index['samples']:
            raise AnnotationError(
                f'{len(values)} values of {name} for {index["samples"]} '
                'samples', path, hint=_HINT)
    _check_classes(columns, index, path)
    return columns


def _check_classes(columns: Dict[str, Sequence], index: Dict[str, Any],
                   path: str) -> None:
    """Compare the labels with the samples of each class in the index, which
    finds classes in another order."""
    described = index['described']
    if not described['class_counts']:
        return
    labels = np.asarray(columns['gt_label'])
    found = np.bincount(labels[labels >= 0],
                        minlength=len(described['classes'])).tolist()
    counts = [described['class_counts'].get(name, 0)
              for name in described['classes']]
    # Unreadable images were counted and not packed.
    missing = sum(counts) - sum(found)
    if len(found) != len(counts) or missing < 0 or missing > len(
            index['unreadable']) or any(
                f > c for f, c in zip(found, counts)):
        raise AnnotationError(
            f'samples of the classes {described["classes"]}: {found}, but '
            f'{counts} by the index', path, hint=_HINT)


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
