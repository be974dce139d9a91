# Copyright (c) mmfer contributors.
"""The three kinds of label files of CK+."""
from typing import Sequence

import numpy as np

from mmfer.structures import AnnotationError
from .tables import read_rows, to_float, to_int

NUM_LANDMARKS = 68


def read_emotion(path: str) -> int:
    """The emotion of a sequence, 1 to 7.

    Raises:
        AnnotationError: If the file does not hold just one such number.
    """
    rows = list(read_rows(path, (1, )))
    if len(rows) != 1:
        raise AnnotationError('one number from 1 to 7 belongs here', path,
                              None, [cells[0] for _, cells in rows])
    line, cells = rows[0]
    return to_int(cells[0], 'the emotion', path, line, 1, 7)


def read_action_units(path: str, units: Sequence[int],
                      intensity: bool) -> np.ndarray:
    """The action units of a peak frame.

    Args:
        path (str): The file; a row reads unit and intensity, the second is 0
            where the unit was seen but not graded.
        units (Sequence[int]): The FACS numbers to look for.
        intensity (bool): Whether intensities from 0 to 5 are wanted, NaN for
            units not graded, instead of occurrence in {0, 1}.

    Returns:
        np.ndarray: float32 of shape ``(K, )``; 0 for units not listed.

    Raises:
        AnnotationError: If a row is malformed.
    """
    values = np.zeros(len(units), dtype=np.float32)
    for line, cells in read_rows(path, (2, )):
        unit = to_int(cells[0], 'the action unit', path, line, 1, 99)
        level = to_float(cells[1], 'the intensity', path, line, 0, 5)
        if unit in units:
            graded = (level or np.nan) if intensity else 1.
            values[list(units).index(unit)] = graded
    return values


def read_landmarks(path: str) -> np.ndarray:
    """The landmarks of a frame.

    Returns:
        np.ndarray: float32 of shape ``(68, 2)``, x and y in pixels.

    Raises:
        AnnotationError: If there are not 68 rows of two finite numbers.
    """
    points = [[to_float(cell, 'a landmark', path, line) for cell in cells]
              for line, cells in read_rows(path, (2, ))]
    if len(points) != NUM_LANDMARKS:
        raise AnnotationError(f'{NUM_LANDMARKS} landmarks belong here', path,
                              None, len(points))
    return np.array(points, dtype=np.float32)
