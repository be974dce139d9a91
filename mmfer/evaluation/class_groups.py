# Copyright (c) mmfer contributors.
"""Recall over groups of classes, such as many-, medium- and few-shot ones."""
import math
from typing import Dict, List, Mapping, Sequence, Union

import numpy as np

from mmfer.errors import ConfigError

CLASS_GROUPS = Mapping[str, Sequence[Union[int, str]]]


def ranked_groups(file: str, sizes: Mapping[str, int]
                  ) -> Dict[str, List[int]]:
    """Groups of classes in the order of their training samples.

    Args:
        file (str): A training list, each line of which ends with a class
            index from 0 up.
        sizes (Mapping[str, int]): Group -> how many classes it has, from the
            commonest class on, as ``dict(many=390, medium=445, few=165)``.

    Returns:
        dict[str, list[int]]: Group -> its classes. Of classes with equally
        many samples the first in order counts as commoner.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line does not end with a class index, or there are
            not as many classes.
    """
    with open(file, encoding='utf-8') as lines:
        ends = [line.split()[-1] for line in lines if line.strip()]
    wrong = [end for end in ends if not end.isdecimal()]
    if wrong:
        raise ConfigError(f'{file}: a line ends with {wrong[0]!r}',
                          hint='a path and a class index from 0 up in each '
                          'line')
    counts = np.bincount(np.array(ends, dtype=np.int64))
    if sum(sizes.values()) != len(counts):
        raise ConfigError(f'{file} has {len(counts)} classes, the groups '
                          f'{dict(sizes)} together {sum(sizes.values())}',
                          hint='let the groups add up')
    order = np.argsort(-counts, kind='stable')
    bounds = np.cumsum(list(sizes.values()))[:-1]
    return {group: members.tolist()
            for group, members in zip(sizes, np.split(order, bounds))}


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
    names = list(classes)
    places = {name: index for index, name in enumerate(names)}
    result, seen = {}, set()
    support = matrix.sum(1)
    for group, members in groups.items():
        indices = []
        for member in members:
            index = places.get(member, member)
            if index not in range(len(names)) or index in seen:
                raise ConfigError(f'group {group!r}: {member!r} is no class '
                                  'or named twice',
                                  hint=f'name each of {names} at most once')
            seen.add(index)
            if support[index]:
                indices.append(index)
        recall = matrix.diagonal()[indices] / support[indices]
        result[group] = float(100 * recall.mean()) if indices else math.nan
    return result
