# Copyright (c) mmfer contributors.
from typing import Optional, Tuple

import numpy as np

from mmfer.errors import ConfigError, MissingPackageError
from .auxiliary_vectors import CHUNK, PROGRESS, chunks_of, silent

PAIR = Tuple[np.ndarray, np.ndarray]


def nearest_neighbors(vectors: np.ndarray,
                      number: int = 8,
                      metric: str = 'euclidean',
                      workers: int = 2,
                      progress: PROGRESS = silent) -> PAIR:
    """The nearest other samples of each sample, exactly.

    Of samples with equal vectors, which are taken for copies of one face,
    only the first can be a neighbour of others, and none is a neighbour of
    the others of its kind. The search is that of SciPy's k-d tree. For
    Euclidean distances, which a rotation does not change, the axes are first
    turned to the principal ones, where the tree has to look at fewer places.

    Args:
        vectors (np.ndarray): float of shape ``(M, D)``; rows with NaN are
            unknown, they have and are no neighbours.
        number (int): How many neighbours K. Defaults to 8.
        metric (str): ``'euclidean'`` or ``'manhattan'``. Defaults to
            ``'euclidean'``.
        workers (int): Threads of the search. Defaults to 2.
        progress (Callable): Shows the progress. Defaults to silent.

    Returns:
        tuple[np.ndarray, np.ndarray]: Indices, int64 ``(M, K)``, nearest
        first, and distances, float64 ``(M, K)``; unknown samples have 0 and
        infinity.

    Raises:
        ValueError: If there are not more than K different vectors.
        ImportError: If SciPy is missing.
    """
    try:
        from scipy.spatial import cKDTree
    except ImportError:
        raise MissingPackageError('the search for neighbours needs SciPy',
                                  hint='pip install '
                                  "'mmfer[analysis]'") from None
    known = np.flatnonzero(np.isfinite(vectors).all(1))
    points, first, kind = np.unique(
        vectors[known].astype(np.float64), axis=0, return_index=True,
        return_inverse=True)
    if len(points) <= number:
        raise ConfigError(f'{number} neighbours need more than {number} '
                          f'different vectors, {len(known)} of '
                          f'{len(vectors)} samples are known and have '
                          f'{len(points)}',
                          hint='lower --neighbors, or check the labels')
    if metric == 'euclidean':
        points = _principal_axes(points)
    tree = cKDTree(points, leafsize=64)
    order = tree.indices  # neighbours one after the other: fewer cache misses
    near = np.empty((len(points), number), dtype=np.int64)
    apart = np.empty((len(points), number))
    for chunk in progress(chunks_of(len(points)), len(points), 'searching'):
        rows = order[chunk.start:chunk.stop]
        apart[rows], near[rows] = _others(
            *tree.query(points[rows], number + 1,
                        p=2 if metric == 'euclidean' else 1,
                        workers=workers), rows)
    indices = np.zeros((len(vectors), number), dtype=np.int64)
    distances = np.full((len(vectors), number), np.inf)
    kind = kind.reshape(-1)
    indices[known] = known[first][near][kind]
    distances[known] = apart[kind]
    return indices, distances


def _principal_axes(points: np.ndarray) -> np.ndarray:
    """The same points, turned so that the first axes vary most."""
    centred = points - points.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return centred @ axes[:, ::-1]


def _others(distances: np.ndarray, indices: np.ndarray,
            rows: np.ndarray) -> PAIR:
    """Leave out each point itself, or the last where it was not found."""
    own = indices == rows[:, None]
    own[:, -1] |= ~own.any(1)
    shape = len(rows), indices.shape[1] - 1
    return distances[~own].reshape(shape), indices[~own].reshape(shape)


def gaussian_weights(distances: np.ndarray, sigma: Optional[float] = None
                     ) -> Tuple[np.ndarray, float]:
    """Weights ``exp(-d ** 2 / (2 * sigma ** 2))``.

    Args:
        distances (np.ndarray): float of shape ``(M, K)``, ascending;
            infinite for unknown samples.
        sigma (float, optional): Defaults to None: the median distance to the
            last of the K neighbours (our choice).

    Returns:
        tuple[np.ndarray, float]: Weights in [0, 1]; and sigma.
    """
    if sigma is None:
        farthest = distances[:, -1]
        sigma = float(np.median(farthest[np.isfinite(farthest)]))
    return np.exp(-distances**2 / (2 * sigma**2)), sigma


def unite(*lists: PAIR) -> PAIR:
    """The union of lists of neighbours.

    Args:
        *lists (tuple[np.ndarray, np.ndarray]): Indices ``(M, K)`` and weights
            ``(M, K)``, 0 where there is no neighbour; M is the same in all.

    Returns:
        tuple[np.ndarray, np.ndarray]: Indices and weights, side by side. A
        neighbour in several lists has the mean of its weights where it is
        named first, and 0 in the later ones.
    """
    indices = np.concatenate([near for near, _ in lists], 1)
    weights = np.concatenate([own for _, own in lists], 1)
    place = np.arange(indices.shape[1])
    for start in range(0, len(indices), CHUNK):
        near, own = indices[start:start + CHUNK], weights[start:start + CHUNK]
        same = ((near[:, :, None] == near[:, None, :])
                & (own > 0)[:, :, None] & (own > 0)[:, None, :])
        mean = (same * own[:, None]).sum(2) / same.sum(2).clip(1)
        own[:] = np.where(same.argmax(2) == place, mean, 0)
    return indices, weights
