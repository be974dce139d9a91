# Copyright (c) mmfer contributors.
"""From labels of action units to weighted edges between them."""
from typing import Dict

import numpy as np

#: Ways to weigh a node's neighbours against itself.
REWEIGHTINGS = ('share', 'add')


def count_together(labels: np.ndarray) -> Dict[str, np.ndarray]:
    """How often action units occur, alone and in pairs.

    A pair counts the samples in which both units are labelled.

    Args:
        labels (np.ndarray): Occurrence in {0, 1}, NaN = unknown, ``(M, K)``.

    Returns:
        dict[str, np.ndarray]: ``known`` and ``positives``, int64 ``(K, )``;
        for each pair (i, j), float64 ``(K, K)``: ``known_pairs``; ``both``,
        in which both occur; ``first``, in which i occurs.
    """
    known = (~np.isnan(labels)).astype(np.float64)
    occurs = np.nan_to_num(labels).astype(np.float64)
    return dict(
        known=known.sum(0).astype(np.int64),
        positives=occurs.sum(0).astype(np.int64),
        known_pairs=known.T @ known,
        both=occurs.T @ occurs,
        first=occurs.T @ known)


def conditional_probability(counts: Dict[str, np.ndarray]) -> np.ndarray:
    """P(j occurs | i occurs) for each pair (i, j); 0 where i never occurs.

    Args:
        counts (dict): What :func:`count_together` gave.

    Returns:
        np.ndarray: float64 ``(K, K)``, its diagonal 0.
    """
    probability = counts['both'] / np.maximum(counts['first'], 1)
    np.fill_diagonal(probability, 0)
    return probability


def phi_coefficient(counts: Dict[str, np.ndarray]) -> np.ndarray:
    """Pearson's correlation of each pair of units that occur or not.

    Args:
        counts (dict): What :func:`count_together` gave.

    Returns:
        np.ndarray: float64 ``(K, K)`` in [-1, 1], its diagonal 0; 0 where a
        unit always or never occurs.
    """
    number = np.maximum(counts['known_pairs'], 1)
    p, q = counts['first'] / number, counts['first'].T / number
    spread = np.sqrt(p * (1 - p) * q * (1 - q))
    phi = np.divide(counts['both'] / number - p * q, spread,
                    out=np.zeros_like(spread), where=spread > 0)
    np.fill_diagonal(phi, 0)
    return phi


def reweight(edges: np.ndarray, neighbor_share: float,
             reweighting: str) -> np.ndarray:
    """Weights of a node's neighbours and of the node itself.

    Args:
        edges (np.ndarray): bool ``(K, K)``, its diagonal False.
        neighbor_share (float): p, what the neighbours get together.
        reweighting (str): ``'share'``: neighbours p in each row, the node
            itself 1 - p, or 1 without neighbours (as Emotion-GCN);
            ``'add'``: neighbours p in each column, the node itself 1 (as
            ML-GCN).

    Returns:
        np.ndarray: float64 ``(K, K)``.
    """
    axis = 1 if reweighting == 'share' else 0
    number = edges.sum(axis, keepdims=True)
    weights = neighbor_share * edges / np.maximum(number, 1)
    itself = np.ones(len(edges))
    if reweighting == 'share':
        itself = np.where(number[:, 0] > 0, 1 - neighbor_share, 1.)
    return weights + np.diag(itself)


def normalize_adjacency(matrix: np.ndarray) -> np.ndarray:
    r""":math:`D^{-1/2} A D^{-1/2}` with the sums of rows in D, no transpose.

    Args:
        matrix (np.ndarray): Not negative, ``(K, K)``.

    Returns:
        np.ndarray: float64 ``(K, K)``; a node without edges keeps none.
    """
    degree = matrix.sum(1)
    scale = np.where(degree > 0, np.maximum(degree, 1e-12)**-.5, 0.)
    return scale[:, None] * matrix * scale
