# Copyright (c) mmfer contributors.
"""Which faces of a training set are alike in labels of related tasks."""
from .auxiliary_vectors import (align_landmarks, au_vectors, labels_of_set,
                                read_auxiliary)
from .build_index import SPACES, build_index
from .nearest import gaussian_weights, nearest_neighbors, unite
from .neighbor_index import (NeighborIndex, check_training_set, fingerprint,
                             load_index, save_index)

__all__ = [
    'NeighborIndex',
    'SPACES',
    'align_landmarks',
    'au_vectors',
    'build_index',
    'check_training_set',
    'fingerprint',
    'gaussian_weights',
    'labels_of_set',
    'load_index',
    'nearest_neighbors',
    'read_auxiliary',
    'save_index',
    'unite',
]
