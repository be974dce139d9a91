# Copyright (c) mmfer contributors.
"""Faces that are alike, or the same."""
from typing import Any, Callable, Iterable, List, Optional, Tuple

import numpy as np

from mmfer.datasets.neighbors import gaussian_weights, nearest_neighbors
from mmfer.datasets.unwrap import leaf_datasets
from ..verification import (Part, Sample, duplicate_groups, read_samples,
                            scan_samples)

TRACK = Callable[[Iterable, int], Iterable]
# Of the features in which neighbours are looked for, our choice.
_NEIGHBORS, _AXES = 10, 32


def feature_neighbors(features: np.ndarray,
                      number: int = _NEIGHBORS,
                      workers: int = 2) -> Tuple[np.ndarray, np.ndarray]:
    """The most similar faces by the model's features.

    Features are brought to length 1 and to their principal axes.

    Args:
        features (np.ndarray): float of shape ``(N, D)``.
        number (int): How many neighbours K. Defaults to 10.
        workers (int): Threads of the search. Defaults to 2.

    Returns:
        tuple[np.ndarray, np.ndarray]: Indices and weights, ``(N, K)``, see
        :func:`~mmfer.datasets.neighbors.gaussian_weights`.
    """
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.maximum(length, 1e-12)
    unit = (unit - unit.mean(0)).astype(np.float64)
    axes = np.linalg.eigh(unit.T @ unit)[1][:, -_AXES:]
    indices, distances = nearest_neighbors(
        unit @ axes, number, workers=workers)
    return indices, gaussian_weights(distances)[0]


def find_copies(dataset: Any,
                workers: int = 2,
                track: Optional[TRACK] = None) -> List[List[int]]:
    """Groups of samples whose images have the same pixels.

    Args:
        dataset (Any): A dataset or a wrapper around datasets.
        workers (int): Threads that decode images. Defaults to 2.
        track (Callable, optional): Shows the progress. Defaults to None.
    """
    samples: List[Sample] = []
    for leaf in leaf_datasets(dataset):
        part = Part({})
        part.dataset, part.classes = leaf, leaf.metainfo.get('classes')
        start = len(samples)
        for sample, _ in read_samples(part):
            sample.index += start
            samples.append(sample)
    scan_samples(samples, workers, track)
    groups = duplicate_groups(samples, 'pixels')
    known = {sample.index for group in groups for sample in group}
    groups += [group for group in duplicate_groups(samples, 'bytes')
               if group[0].index not in known]
    return [[sample.index for sample in group] for group in groups]
