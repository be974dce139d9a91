# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional, Tuple

import numpy as np

from mmfer.errors import ConfigError
from .auxiliary_vectors import (PROGRESS, align_landmarks, au_vectors,
                                labels_of_set, read_auxiliary, silent)
from .nearest import PAIR, gaussian_weights, nearest_neighbors, unite
from .neighbor_index import NeighborIndex

#: The spaces in which neighbours are looked for, and the labels of each.
SPACES: Dict[str, Tuple[str, ...]] = dict(
    au=('gt_au', ),
    landmarks=('gt_landmarks', ),
    va=('gt_va', ),
    au_lm=('gt_au', 'gt_landmarks'),
    au_lm_va=('gt_au', 'gt_landmarks', 'gt_va'))

# The width of the weights in the plane of valence and arousal, that of
# `LDLVA <https://arxiv.org/abs/2209.10448>`_.
_VA_WIDTH = 0.5


def build_index(dataset: Any,
                space: str = 'au_lm',
                neighbors: int = 8,
                sigma: Optional[float] = None,
                workers: int = 2,
                progress: PROGRESS = silent) -> NeighborIndex:
    """Look for the neighbours of all samples of a training set.

    Action units and landmarks have Gaussian weights of the Euclidean
    distance, see :func:`gaussian_weights`; valence and arousal
    ``exp(-(|dv| + |da|) / 0.5)``. Samples whose labels are not wholly known
    have no neighbours.

    Args:
        dataset (Any): A dataset or a wrapper around datasets.
        space (str): A key of ``SPACES``; ``'au_lm'`` is the union of the
            lists of action units and landmarks, ``'au_lm_va'`` that of all
            three. Defaults to ``'au_lm'``.
        neighbors (int): Neighbours K of a list. Defaults to 8.
        sigma (float, optional): The width of all Gaussian weights. Defaults
            to None: of each list the median distance to the last neighbour.
        workers (int): Threads of the search. Defaults to 2.
        progress (Callable): Shows the progress. Defaults to silent.

    Raises:
        ValueError: If the space is unknown, or K or the width is not
            positive.
        AnnotationError: If the dataset does not have the labels.
    """
    if space not in SPACES:
        raise ConfigError(f'unknown space {space!r}',
                          hint=f'name one of {sorted(SPACES)}')
    if neighbors < 1:
        raise ConfigError(f'neighbors must be positive, got {neighbors}',
                          hint='leave --neighbors out for 8')
    if sigma is not None and not sigma > 0:
        raise ConfigError(f'sigma must be positive, got {sigma}',
                          hint='leave --sigma out for the median distance')
    scales, unknown, lists = {}, {}, []
    for name, values in read_auxiliary(dataset, SPACES[space],
                                       progress).items():
        near, scales[name] = _weighted(name, values, neighbors, sigma,
                                       workers, progress)
        unknown[name] = int((near[1].max(1) == 0).sum())
        lists.append(near)
    indices, weights = unite(*lists)
    labels = labels_of_set(dataset)
    info = dict(space=space, neighbors=neighbors, samples=len(labels),
                scale=scales, without_neighbors=unknown,
                dataset=_describe(dataset))
    return NeighborIndex(
        np.where(weights > 0, indices, 0).astype(np.int32),
        weights.astype(np.float32), labels.astype(np.int16), info)


def _weighted(name: str, values: np.ndarray, neighbors: int,
              sigma: Optional[float], workers: int,
              progress: PROGRESS) -> Tuple[PAIR, float]:
    """Neighbours in one space, and the width of its weights."""
    if name == 'gt_va':
        indices, distances = nearest_neighbors(
            values, neighbors, 'manhattan', workers, progress)
        return (indices, np.exp(-distances / _VA_WIDTH)), _VA_WIDTH
    vectors = (au_vectors if name == 'gt_au' else align_landmarks)(values)
    indices, distances = nearest_neighbors(
        vectors, neighbors, workers=workers, progress=progress)
    weights, sigma = gaussian_weights(distances, sigma)
    return (indices, weights), sigma


def _describe(dataset: Any) -> str:
    """The dataset in one line."""
    return ' '.join(repr(dataset).split())[:2000]
