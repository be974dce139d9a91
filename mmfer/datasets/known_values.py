# Copyright (c) mmfer contributors.
from typing import Sequence, Tuple

import numpy as np

from mmfer.structures import AnnotationError


def known_values(values: np.ndarray, markers: Sequence[float],
                 limits: Tuple[float, float], name: str, file: str,
                 lines: Sequence[int]) -> np.ndarray:
    """Values in a range, NaN where a marker says that they are unknown.

    Args:
        values (np.ndarray): Shape ``(N, K)``, NaN = unknown.
        markers (Sequence[float]): Values that mean unknown.
        limits (Tuple[float, float]): The smallest and largest value.
        name (str): What the values are, for messages.
        file (str): The file they come from, for messages.
        lines (Sequence[int]): The line of each row, for messages.

    Returns:
        np.ndarray: Float32 of shape ``(N, K)``.

    Raises:
        AnnotationError: If a value lies outside the range.

    Examples:
        >>> known_values(np.array([[0., 9.]]), [9], (0, 1), 'AU', 'a', [1])
        array([[ 0., nan]], dtype=float32)
    """
    known = np.where(np.isin(values, markers), np.nan, values)
    wrong = np.argwhere((known < limits[0]) | (known > limits[1]))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise AnnotationError(
            f'{name}, value {column + 1} of the row, lies outside '
            f'[{limits[0]:g}, {limits[1]:g}]', file, int(lines[row]),
            float(known[row, column]))
    return known.astype(np.float32)
