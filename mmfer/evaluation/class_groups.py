# Copyright (c) mmfer contributors.
"""Recall over groups of classes, such as many-, medium- and few-shot ones."""
import math
from typing import Dict, Mapping, Sequence, Union

import numpy as np

CLASS_GROUPS = Mapping[str, Sequence[Union[int, str]]]


def group_recalls(matrix: np.ndarray, groups: CLASS_GROUPS,
                  classes: Sequence[str]) -> Dict[str, float]:
    """The mean class recall of each group of classes.

    Where all classes of a group have as many test samples it is their
    accuracy.

    Args:
        matrix (np.ndarray): Confusion matrix ``(C, C)``, the truth in rows.
        groups (Mapping[str, Sequence[int or str]]): Group -> its classes, by
            name or index.
        classes (Sequence[str]): The names of the C classes.

    Returns:
        dict[str, float]: Group -> recall in percent, over the classes that
        occur; NaN where none does.

    Raises:
        ValueError: If a class is unknown or stands in two groups.

    Examples:
        >>> matrix = np.array([[3, 1], [0, 4]])
        >>> group_recalls(matrix, dict(many=['joy'], few=[1]), ['joy', 'fear'])
        {'many': 75.0, 'few': 100.0}
    """
    names, result, seen = list(classes), {}, set()
    support = matrix.sum(1)
    for group, members in groups.items():
        indices = []
        for member in members:
            index = names.index(member) if member in names else member
            if index not in range(len(names)) or index in seen:
                raise ValueError(
                    f'group {group!r}: {member!r} is no class or named twice. '
                    f'Remedy: name each of {names} at most once')
            seen.add(index)
            if support[index]:
                indices.append(index)
        recall = matrix.diagonal()[indices] / support[indices]
        result[group] = float(100 * recall.mean()) if indices else math.nan
    return result
