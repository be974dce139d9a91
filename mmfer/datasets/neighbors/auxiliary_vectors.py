# Copyright (c) mmfer contributors.
"""Labels of related tasks as vectors whose distances mean something."""
from typing import Any, Callable, Dict, Iterable, Iterator, List, Sequence

import numpy as np

from mmfer.errors import ConfigError
from mmfer.structures import AnnotationError
from ..samplers.labels import dataset_labels
from ..unwrap import leaf_datasets

# Shows how far a loop has come: chunks, total and what is done -> chunks.
PROGRESS = Callable[[Iterable[range], int, str], Iterable[range]]
CHUNK = 4096

# Number of landmarks -> those of the left and of the right eye.
_EYES = {5: ([0], [1]), 68: (list(range(36, 42)), list(range(42, 48)))}


def silent(chunks: Iterable[range], total: int, text: str
           ) -> Iterable[range]:
    """The chunks as they are."""
    return chunks


def chunks_of(number: int) -> Iterator[range]:
    """``range(number)`` in pieces."""
    for start in range(0, number, CHUNK):
        yield range(start, min(start + CHUNK, number))


def labels_of_set(dataset: Any) -> np.ndarray:
    """The labels of a training set before noise, by ``sample_idx``.

    Args:
        dataset (Any): A dataset or a wrapper around datasets.

    Returns:
        np.ndarray: int64 of shape ``(M, )``.
    """
    parts = []
    for leaf in leaf_datasets(dataset):
        clean = getattr(leaf, 'clean_labels', lambda: None)()
        parts.append(dataset_labels(leaf) if clean is None else clean)
    return np.concatenate(parts).astype(np.int64)


def read_auxiliary(dataset: Any, names: Sequence[str],
                   progress: PROGRESS = silent) -> Dict[str, np.ndarray]:
    """Auxiliary labels of all samples.

    Args:
        dataset (Any): A dataset or a wrapper around datasets.
        names (Sequence[str]): Such as ``'gt_au'``.
        progress (Callable): Shows the progress. Defaults to
            :func:`silent`.

    Returns:
        dict[str, np.ndarray]: Name -> float32 of shape ``(M, ...)`` by
        ``sample_idx``; NaN = unknown.

    Raises:
        AnnotationError: If no sample has the label, or shapes differ.
    """
    rows: Dict[str, List[Any]] = {name: [] for name in names}
    for leaf in leaf_datasets(dataset):
        for chunk in progress(chunks_of(len(leaf)), len(leaf), 'reading'):
            for number in chunk:
                info = leaf.get_data_info(number)
                for name in names:
                    rows[name].append(info.get(name))
    return {name: _stack(name, values) for name, values in rows.items()}


def _stack(name: str, values: List[Any]) -> np.ndarray:
    first = next((v for v in values if v is not None), None)
    if first is None:
        raise AnnotationError(
            f'no sample of the training set has {name}',
            hint='lay auxiliary labels over the dataset, or name another '
            '--space')
    shape = np.shape(first)
    stack = np.full((len(values), *shape), np.nan, dtype=np.float32)
    for number, value in enumerate(values):
        if value is None:
            continue
        if np.shape(value) != shape:
            raise AnnotationError(
                f'{name} of sample {number} has the shape {np.shape(value)}, '
                f'of samples before it {shape}',
                hint='take readers with the same action units and number '
                'of landmarks')
        stack[number] = value
    return stack


def au_vectors(au: np.ndarray) -> np.ndarray:
    """Action units in [0, 1].

    Where any value is above 1, all are intensities from 0 to 5 and are
    divided by 5 (our choice).

    Args:
        au (np.ndarray): float of shape ``(M, K)``, NaN = unknown.

    Raises:
        AnnotationError: If a value lies outside [0, 5].
    """
    low, high = np.nanmin(au, initial=0), np.nanmax(au, initial=0)
    if low < 0 or high > 5:
        raise AnnotationError('gt_au must lie in [0, 5], found values from '
                              f'{low:g} to {high:g}',
                              hint='correct the table of action units')
    return au / np.float32(5 if high > 1 else 1)


def align_landmarks(points: np.ndarray, rounds: int = 5) -> np.ndarray:
    """Shapes without place, size and rotation in the image plane.

    Each face is centred, divided by the distance of its eye centres and
    turned onto the mean face, which is found in turns (generalised
    Procrustes analysis; the number of rounds is our choice).

    Args:
        points (np.ndarray): float of shape ``(M, L, 2)``, NaN = unknown.
        rounds (int): How often the mean face is renewed. Defaults to 5.

    Returns:
        np.ndarray: float32 of shape ``(M, 2 * L)``; NaN for faces with an
        unknown point or with eyes in one place.

    Raises:
        ValueError: If the scheme of L points is not known.
    """
    if points.shape[1] not in _EYES:
        raise ConfigError(f'landmarks with {points.shape[1]} points cannot '
                          'be aligned by the eyes',
                          hint=f'give {sorted(_EYES)} points')
    shapes = (points[..., 0] + 1j * points[..., 1]).astype(np.complex64)
    left, right = (shapes[:, eye].mean(1) for eye in _EYES[points.shape[1]])
    apart = np.abs(left - right)
    known = np.isfinite(shapes).all(1) & (apart > 0)
    aligned = np.full((len(points), 2 * points.shape[1]), np.nan, np.float32)
    if not known.any():
        return aligned
    shapes, apart = shapes[known], apart[known, None]
    shapes = (shapes - shapes.mean(1, keepdims=True)) / apart
    mean = shapes[0]
    for _ in range(rounds):
        # Row by row alike, so that copies of a face keep equal vectors.
        turn = (shapes.conj() * mean).sum(1)
        shapes *= (turn / np.maximum(np.abs(turn), 1e-12))[:, None]
        mean = shapes.mean(0)
    aligned[known] = np.concatenate([shapes.real, shapes.imag], 1)
    return aligned
