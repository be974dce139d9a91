# Copyright (c) mmfer contributors.
import hashlib
import json
from typing import Any, Dict, NamedTuple

import numpy as np

from mmfer.errors import AnnotationError
from mmfer.files import read_npz, write_npz
from .auxiliary_vectors import labels_of_set

_FORMAT = 'mmfer neighbours 1'


class NeighborIndex(NamedTuple):
    """Which samples of a training set are neighbours.

    Args:
        indices (np.ndarray): ``sample_idx`` of the neighbours, int32 of
            shape ``(M, K)``.
        weights (np.ndarray): How near they are, float32 of shape ``(M, K)``
            in [0, 1]; 0 where there is none.
        labels (np.ndarray): The labels of the training set before noise,
            int16 of shape ``(M, )``, by which it is recognised.
        info (dict): Where it comes from: ``space``, ``neighbors``, ``scale``
            of each space, samples ``without_neighbors`` in each, ``dataset``.
    """
    indices: np.ndarray
    weights: np.ndarray
    labels: np.ndarray
    info: Dict[str, Any]


def fingerprint(index: NeighborIndex) -> np.ndarray:
    """SHA-256 of indices, weights and labels, uint8 of shape ``(32, )``."""
    digest = hashlib.sha256()
    for array in index[:3]:
        digest.update(np.ascontiguousarray(array).tobytes())
    return np.frombuffer(digest.digest(), np.uint8)


def save_index(path: str, index: NeighborIndex) -> None:
    """Write an index; the file is complete or absent.

    Args:
        path (str): The file, ``.npz``; its folder is made.
        index (NeighborIndex): What to write.
    """
    write_npz(path, compress=True, format=np.array(_FORMAT),
              indices=index.indices, weights=index.weights,
              labels=index.labels, info=np.array(json.dumps(index.info)),
              fingerprint=fingerprint(index))


def load_index(path: str) -> NeighborIndex:
    """Read an index; nothing is ever unpickled.

    Raises:
        FileNotFoundError: If there is no such file.
        AnnotationError: If it is damaged or of another kind.
    """
    hint = 'build it again with tools/dataset_tools/build_neighbors.py'
    file = read_npz(path, hint)
    try:
        if str(file['format']) != _FORMAT:
            raise ValueError(f"format {file['format']}")
        index = NeighborIndex(file['indices'], file['weights'],
                              file['labels'], json.loads(str(file['info'])))
        stored = file['fingerprint']
    except (ValueError, KeyError) as error:
        raise AnnotationError('no index of neighbours', path,
                              value=str(error), hint=hint) from None
    size = len(index.labels)
    if (not np.array_equal(stored, fingerprint(index))
            or index.indices.shape != index.weights.shape
            or len(index.indices) != size
            or index.indices.min() < 0 or index.indices.max() >= size):
        raise AnnotationError('damaged index of neighbours', path,
                              hint=hint)
    return index


def check_training_set(index: NeighborIndex, dataset: Any,
                       path: str) -> None:
    """Refuse an index that was built for another training set.

    Args:
        index (NeighborIndex): The index.
        dataset (Any): The training set, also within wrappers.
        path (str): The file of the index, for the message.

    Raises:
        AnnotationError: If the number of samples or their labels before
            noise differ.
    """
    labels = labels_of_set(dataset)
    hint = 'build it again for this training set'
    if len(labels) != len(index.labels):
        raise AnnotationError(
            f'an index of neighbours for {len(index.labels)} samples, the '
            f'training set has {len(labels)}', path, hint=hint)
    wrong = np.flatnonzero(labels != index.labels)
    if len(wrong):
        first = wrong[0]
        raise AnnotationError(
            'an index of neighbours for another training set: '
            f'{len(wrong)} of {len(labels)} labels before noise differ, '
            f'first that of sample {first}, {index.labels[first]} in the '
            f'index and {labels[first]} in the training set', path,
            hint=hint)
