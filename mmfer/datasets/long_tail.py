# Copyright (c) mmfer contributors.
"""Which samples of a dataset make a long tail."""
from typing import List, Optional, Sequence

import numpy as np

from mmfer.errors import ConfigError


def long_tail_counts(available: Sequence[int],
                     imbalance_factor: float,
                     max_count: Optional[int] = None) -> List[int]:
    r"""Class counts that fall exponentially.

    :math:`n_r = \lfloor n_0 f^{-r / (C - 1)} \rfloor` for the class of rank
    :math:`r` by frequency, classes of equal frequency in their order, from
    `LDAM <https://arxiv.org/abs/1906.07413>`_.

    Args:
        available (Sequence[int]): Samples of each of the C > 1 classes.
        imbalance_factor (float): f, the first count over the last, from 1.
        max_count (int, optional): :math:`n_0`. Defaults to None, the most for
            which every class has enough.

    Returns:
        list[int]: In the order of the classes.

    Raises:
        ValueError: If an argument is out of range, or a class has too few
            samples or would get none.

    Examples:
        >>> long_tail_counts([500, 900, 100], 25)
        [180, 900, 36]
    """
    available = np.asarray(available)
    if len(available) < 2 or imbalance_factor < 1:
        raise ValueError(
            'a long tail needs two classes and an imbalance factor from 1, '
            f'got {len(available)} and {imbalance_factor}')
    ranks = np.empty(len(available), dtype=np.int64)
    ranks[np.argsort(-available, kind='stable')] = np.arange(len(available))
    shares = (1 / imbalance_factor)**(ranks / (len(available) - 1.))
    if max_count is None:
        max_count = int(np.ceil((available + 1) / shares).min()) - 1
    counts = (max_count * shares).astype(np.int64)
    if (counts > available).any() or (counts < 1).any():
        raise ConfigError(
            f'max_count={max_count} and imbalance_factor={imbalance_factor} '
            f'ask for {counts.tolist()} samples of the classes, and there '
            f'are {available.tolist()}',
            hint='a smaller imbalance_factor, another max_count, or None')
    return counts.tolist()


def draw_long_tail(labels: np.ndarray, counts: Sequence[int],
                   seed: int) -> np.ndarray:
    """Draw samples of each class without replacement.

    For CIFAR the choice is that of LDAM's released code with the same seed.

    Args:
        labels (np.ndarray): Class of each sample, int ``(N, )``.
        counts (Sequence[int]): How many of each class.
        seed (int): In [0, 2 ** 32).

    Returns:
        np.ndarray: Indices of the samples, ascending.
    """
    random = np.random.RandomState(seed)
    drawn = []
    for label, count in enumerate(counts):
        indices = np.flatnonzero(labels == label)
        random.shuffle(indices)
        drawn.append(indices[:count])
    return np.sort(np.concatenate(drawn))
