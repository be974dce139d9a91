# Copyright (c) mmfer contributors.
from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np


class TableColumns(NamedTuple):
    """Which columns of a CSV file hold what.

    Args:
        au (Sequence[str]): Action units. Defaults to ().
        va (Sequence[str]): Valence and arousal. Defaults to ().
        landmarks (Sequence[str]): x and y of the first point, of the second
            and so on. Defaults to ().
        au_confidence (str, optional): How far the detector trusts its action
            units and landmarks, in [0, 1]. Defaults to None, 1.
        va_confidence (str, optional): The same of valence and arousal.
            Defaults to None, 1.
        success (str, optional): 0 where the detector found no face. Defaults
            to None.
        name (str, optional): The image or video. Defaults to None, the name
            of the CSV file.
        frame (str, optional): The number of the frame. Defaults to None,
            images.
    """

    au: Sequence[str] = ()
    va: Sequence[str] = ()
    landmarks: Sequence[str] = ()
    au_confidence: Optional[str] = None
    va_confidence: Optional[str] = None
    success: Optional[str] = None
    name: Optional[str] = None
    frame: Optional[str] = None

    def groups(self) -> Dict[str, List[str]]:
        """The columns of numbers, by what they hold."""
        return {
            field: [value] if isinstance(value, str) else list(value or ())
            for field, value in self._asdict().items() if field != 'name'
        }


class LabelRows(NamedTuple):
    """Auxiliary labels of R rows.

    Args:
        names (List[str]): The image of each row, see
            :func:`~mmfer.datasets.auxiliary.sample_index.bare_name`.
        fields (Dict[str, np.ndarray]): Sample field -> float32 array of
            length R; NaN = unknown, confidences are always known.
        confidence (np.ndarray): The smallest confidence of each row, shape
            ``(R, )``.
        files (List[str]): The file of each row.
        lines (np.ndarray): Its line there, int64 of shape ``(R, )``.
        rated (bool): Whether the detector gave a confidence.
    """

    names: List[str]
    fields: Dict[str, np.ndarray]
    confidence: np.ndarray
    files: List[str]
    lines: np.ndarray
    rated: bool


def join_rows(parts: Sequence[LabelRows]) -> LabelRows:
    """The rows of several files, of which there is at least one."""
    if len(parts) == 1:
        return parts[0]
    return LabelRows(
        [name for part in parts for name in part.names],
        {
            field: np.concatenate([part.fields[field] for part in parts])
            for field in parts[0].fields
        },
        np.concatenate([part.confidence for part in parts]),
        [file for part in parts for file in part.files],
        np.concatenate([part.lines for part in parts]),
        any(part.rated for part in parts))
