# Copyright (c) mmfer contributors.
"""The columns of the general CSV and how their cells are read."""
import re
from typing import Dict, List, Sequence

import numpy as np

from mmfer.structures import (ACTION_UNITS, EXPRESSIONS, AnnotationError,
                              canonical_expression)
from .tables import is_unknown, to_float

_CONFIDENCES = ('au_confidence', 'va_confidence')
_GROUPS = ('subject', 'source_set')
_PLAIN = ('path', 'expression', 'valence', 'arousal', 'split', *_GROUPS,
          *_CONFIDENCES)
_UNIT = re.compile(r'au(\d+)', re.IGNORECASE)
_POINT = re.compile(r'([xy])(\d+)')
_VOTES = 'votes_'
_NO_VOTES = np.empty(0, dtype=np.float32)


class CSVColumns:
    """Which targets the header of a general CSV announces.

    Args:
        header (Sequence[str]): The column names; capital letters do not
            matter.
        file (str): The file, for messages.
        classes (Sequence[str]): Classes beside ``EXPRESSIONS`` that votes may
            be for. Defaults to ().

    Attributes:
        header (list[str]): The column names, those that are read in lower
            case.
        units (dict[int, str]): From FACS number to column, in the order of
            the header.
        votes (dict[str, str]): From canonical expression to column.
        num_landmarks (int): The number of landmarks.
        unknown (list[str]): Columns that are not read.

    Raises:
        AnnotationError: If columns that belong together are not all there or
            name unknown units or expressions.
    """

    def __init__(self,
                 header: Sequence[str],
                 file: str,
                 classes: Sequence[str] = ()) -> None:
        self.file, self.header = file, [
            name.lower() if self._is_known(name.lower()) else name
            for name in header
        ]
        self.units: Dict[int, str] = {}
        self.votes: Dict[str, str] = {}
        self.unknown: List[str] = []
        points: Dict[str, Dict[int, str]] = dict(x={}, y={})
        known = (*classes, *EXPRESSIONS)
        for name in self.header:
            unit, point = _UNIT.fullmatch(name), _POINT.fullmatch(name)
            if unit:
                self._add(self.units, int(unit.group(1)), name, ACTION_UNITS,
                          'action unit')
            elif name.startswith(_VOTES):
                self._add(self.votes,
                          canonical_expression(name[len(_VOTES):]), name,
                          known, 'expression')
            elif point:
                points[point.group(1)][int(point.group(2))] = name
            elif name not in _PLAIN:
                self.unknown.append(name)
        twice = [name for name in set(self.header)
                 if self.header.count(name) > 1]
        if twice:
            raise AnnotationError('columns named twice', file, 1, twice)
        if ('valence' in self.header) != ('arousal' in self.header):
            self._fail('valence and arousal belong together, one is missing')
        self.num_landmarks = len(points['x'])
        numbers, columns = set(range(self.num_landmarks)), points['x'].keys()
        if not columns == points['y'].keys() == numbers:
            odd = sorted((columns ^ points['y'].keys())
                         | (numbers - columns))
            self._fail('x0, y0, x1, y1 and so on belong together, without '
                       f'gaps; look at the columns of landmark {odd}')
        self._points = [points[axis][i] for i in sorted(numbers)
                        for axis in 'xy']

    @property
    def has_expressions(self) -> bool:
        """Whether any column holds expressions or votes for them."""
        return bool(self.votes) or 'expression' in self.header

    @property
    def has_other_targets(self) -> bool:
        """Whether any column holds another kind of target."""
        return bool(self.units or self.num_landmarks
                    or 'valence' in self.header)

    @staticmethod
    def _is_known(name: str) -> bool:
        return (name in _PLAIN or name.startswith(_VOTES)
                or _UNIT.fullmatch(name) is not None
                or _POINT.fullmatch(name) is not None)

    def _add(self, group: dict, key: object, column: str,
             known: Sequence[object], kind: str) -> None:
        if key not in known:
            raise AnnotationError(f'a column for an unknown {kind}', self.file,
                                  1, column, f'known are {list(known)}')
        if key in group:
            raise AnnotationError(f'two columns for one {kind}', self.file, 1,
                                  [group[key], column])
        group[key] = column

    def _fail(self, problem: str) -> None:
        raise AnnotationError(problem, self.file, 1, self.header)

    def read_votes(self, row: Dict[str, str], line: int) -> np.ndarray:
        """Votes in the order of the columns, float32 of shape ``(V, )``; all
        NaN where all cells are empty."""
        if not self.votes:
            return _NO_VOTES
        cells = [row[column] for column in self.votes.values()]
        if all(is_unknown(cell) for cell in cells):
            return np.full(len(cells), np.nan, dtype=np.float32)
        votes = [
            to_float(row[column], column, self.file, line, 0)
            for column in self.votes.values()
        ]
        if sum(votes) == 0:
            raise AnnotationError(
                'all votes are zero', self.file, line, ','.join(cells),
                'leave the cells empty where there are no votes')
        return np.array(votes, dtype=np.float32)

    def read_targets(self, row: Dict[str, str], line: int) -> dict:
        """The further targets of a row: ``gt_va``, ``gt_au``,
        ``gt_landmarks`` where announced, NaN for unknown; ``subject``,
        ``source_set`` and the confidences where known."""
        sample: dict = {}
        if 'valence' in row:
            sample['gt_va'] = self._floats(row, ('valence', 'arousal'), line,
                                           -1, 1)
        if self.units:
            sample['gt_au'] = self._floats(row, self.units.values(), line, 0,
                                           5)
        if self.num_landmarks:
            points = self._floats(row, self._points, line).reshape(-1, 2)
            half = np.flatnonzero(np.isnan(points).sum(1) == 1)
            if len(half):
                raise AnnotationError(
                    f'landmark {half[0]} has only one coordinate', self.file,
                    line, points[half[0]].tolist())
            sample['gt_landmarks'] = points
        for name in _CONFIDENCES:
            if not is_unknown(row.get(name, '')):
                sample[name] = np.float32(
                    to_float(row[name], name, self.file, line, 0, 1))
        for name in _GROUPS:
            if not is_unknown(row.get(name, '')):
                sample[name] = row[name]
        return sample

    def _floats(self, row: Dict[str, str], columns: Sequence[str], line: int,
                *limits: float) -> np.ndarray:
        return np.array([
            to_float(row[c], c, self.file, line, *limits, allow_nan=True)
            for c in columns
        ], dtype=np.float32)
