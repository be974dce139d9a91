# Copyright (c) mmfer contributors.
"""Annotations of many samples as a few arrays, in one file without pickle."""
from typing import Any, Dict, List, Sequence

import numpy as np

from mmfer.structures import AnnotationError

# Suffixes of the two arrays that hold a column of texts.
_BYTES, _ENDS = '.utf8', '.ends'
# Suffix of the array that tells which samples have a value at all.
_KNOWN = '.known'


def texts_to_arrays(texts: Sequence[str]) -> Dict[str, np.ndarray]:
    """Texts as one run of bytes and the place where each of them ends."""
    encoded = [text.encode() for text in texts]
    return {
        _BYTES: np.frombuffer(b''.join(encoded), np.uint8),
        _ENDS: np.cumsum([len(text) for text in encoded], dtype=np.int64)
    }


def arrays_to_texts(data: np.ndarray, ends: np.ndarray) -> List[str]:
    """The texts that :func:`texts_to_arrays` took."""
    joined, places = data.tobytes(), [0, *ends.tolist()]
    return [
        joined[start:stop].decode()
        for start, stop in zip(places, places[1:])
    ]


def to_arrays(samples: Sequence[Dict[str, Any]]) -> Dict[str, np.ndarray]:
    """Annotations as arrays.

    Args:
        samples (Sequence[Dict[str, Any]]): N annotations of texts, numbers
            and arrays. A key may be absent in some of them; where it is
            there, arrays of one key have one shape.

    Returns:
        dict[str, np.ndarray]: For :func:`from_arrays`.

    Raises:
        AnnotationError: If values of one key cannot be stacked.
    """
    arrays = {}
    names = dict.fromkeys(name for sample in samples for name in sample)
    for name in names:
        known = np.array([name in sample for sample in samples])
        values = [sample[name] for sample in samples if name in sample]
        if not known.all():
            arrays[name + _KNOWN] = known
        if all(isinstance(value, str) for value in values):
            for suffix, array in texts_to_arrays(values).items():
                arrays[name + suffix] = array
            continue
        shapes = {np.shape(value) for value in values}
        column = np.array(values) if len(shapes) == 1 else np.array(None)
        if column.dtype.kind not in 'biuf':
            raise AnnotationError(
                f'{name} cannot be packed: all samples need numbers of one '
                f'shape, or all texts; there are {len(shapes)} shapes',
                value=sorted(shapes)[:3], hint='leave it out of the '
                'annotations, or take the unpacked dataset')
        arrays[name] = column
    return arrays


def from_arrays(arrays: Dict[str, np.ndarray]) -> Dict[str, Sequence]:
    """Whole columns, with None where a sample has no value.

    Args:
        arrays (Dict[str, np.ndarray]): What :func:`to_arrays` gave.

    Returns:
        dict[str, Sequence]: Column name -> N values; an array where all
        samples have numbers, else a list.
    """
    columns: Dict[str, Sequence] = {}
    for key, array in arrays.items():
        if key.endswith((_ENDS, _KNOWN)):
            continue
        name, values = key, array
        if key.endswith(_BYTES):
            name = key[:-len(_BYTES)]
            values = arrays_to_texts(array, arrays[name + _ENDS])
        known = arrays.get(name + _KNOWN)
        if known is not None:
            left = iter(values)
            values = [next(left) if has else None for has in known.tolist()]
        columns[name] = values
    return columns
