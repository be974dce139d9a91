# Copyright (c) mmfer contributors.
import os
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from mmfer.errors import MissingFileError
from mmfer.structures import AnnotationError, au_names
from ..number_table import NumberTable, read_header, read_number_table
from ..tables import require_file
from .label_table import LabelRows, TableColumns, join_rows
from .sample_index import bare_name

_TARGETS = ('au', 'va', 'landmarks')
_VIDEOS = ('.avi', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.webm', '.wmv')


class AuxiliaryLabels:
    """Action units, valence-arousal or landmarks from a file beside a dataset.

    A config writes it as ``auxiliary=dict(type='OpenFaceLabels',
    path='faces.csv')``, or a list of such, in any dataset of mmfer. Labels of
    the same kind that the dataset has itself are replaced; a sample without a
    row has NaN in them and confidence 0. A subclass says which columns hold
    what, :meth:`choose_columns`.

    A row stands for the image that it names, by path or by the end of it, see
    :class:`~mmfer.datasets.auxiliary.sample_index.SampleIndex`. Rows of a
    video are named ``VIDEO/00001`` and so on; rows of a file that tells
    neither image nor frame by the file.

    Args:
        path (str): A CSV file, or a folder of them, read with all folders
            below it.
        targets (Sequence[str], optional): What to take: ``'au'``, ``'va'``,
            ``'landmarks'``. Defaults to None, see :meth:`default_targets`.
        aus (str or Sequence[int], optional): The action units and their
            order, a key of ``AU_SETS`` or FACS numbers; all must be in the
            file. Defaults to None, see :meth:`default_aus`.
        min_confidence (float): Labels of a lower confidence become NaN.
            Defaults to 0.
        root (str): What to cut off from the front of the names in the file.
            Defaults to ''.
        frame_name (str): The name of a frame; ``file`` is the CSV file, or
            the video that it names, without ending. Defaults to
            ``'{file}/{frame:05d}'``.
        first_frame (int): The number of the first frame in names. Defaults
            to 1.

    Raises:
        ValueError: If an argument is none of these.
        KeyError: If an action unit is unknown.
        FileNotFoundError: If there is no such file.
    """

    # What this kind of file can hold.
    TARGETS: Tuple[str, ...] = _TARGETS
    # The smallest and largest value of an action unit, and from where on it
    # counts as present in the statistics of the protocol.
    AU_RANGE: Tuple[float, float] = (0., 1.)
    AU_PRESENT: float = 0.5
    # The number that the file gives to the first frame of a video.
    FIRST_FRAME: int = 1

    def __init__(self,
                 path: str,
                 targets: Optional[Sequence[str]] = None,
                 aus: Union[str, Sequence[int], None] = None,
                 min_confidence: float = 0.,
                 root: str = '',
                 frame_name: str = '{file}/{frame:05d}',
                 first_frame: int = 1) -> None:
        if not 0 <= min_confidence <= 1:
            raise ValueError('min_confidence must lie in [0, 1], got '
                             f'{min_confidence!r}')
        self.path = osp.expanduser(path)
        self.files = self._find_files()
        if targets is None:
            targets = self.default_targets()
        if isinstance(targets, str) or not targets or \
                not set(targets) <= set(self.TARGETS):
            raise ValueError(f'targets of {type(self).__name__} must be some '
                             f'of {self.TARGETS}, got {targets!r}')
        self.targets = tuple(t for t in _TARGETS if t in targets)
        self.min_confidence = float(min_confidence)
        self.root, self.frame_name = root, frame_name
        self.first_frame = first_frame
        self.au_names: Tuple[str, ...] = ()
        if 'au' in self.targets:
            self.au_names = au_names(self.default_aus() if aus is None else
                                     aus)
        self.units = [int(name[2:]) for name in self.au_names]

    def default_targets(self) -> Sequence[str]:
        """What is taken unless ``targets`` says so."""
        return ('au', )

    def default_aus(self) -> Union[str, Sequence[int]]:
        """The action units unless ``aus`` says so."""
        raise NotImplementedError

    def choose_columns(self, header: List[str], file: str) -> TableColumns:
        """Which columns hold the targets.

        Args:
            header (List[str]): The column names.
            file (str): The file, for messages.

        Raises:
            AnnotationError: If the file is of another kind.
        """
        raise NotImplementedError

    def settings(self) -> Dict[str, Any]:
        """What the protocol tells of how the file was read."""
        return dict(min_confidence=self.min_confidence, root=self.root)

    def _find_files(self) -> List[str]:
        if not osp.isdir(self.path):
            return [require_file(
                self.path, 'check path= of auxiliary=; a table of landmarks '
                'makes tools/dataset_tools/find_faces.py')]
        files = [
            osp.join(folder, name) for folder, _, names in os.walk(self.path)
            for name in names if name.lower().endswith('.csv')
        ]
        if not files:
            raise MissingFileError(f'{self.path}: no CSV file in this folder',
                                   hint='check path=')
        return sorted(files)

    def read(self) -> LabelRows:
        """All rows of all files.

        Raises:
            AnnotationError: If a row is malformed or there is none.
        """
        rows = join_rows([self._read_file(file) for file in self.files])
        if not rows.names:
            raise AnnotationError('no row', self.path)
        return rows

    def _read_file(self, file: str) -> LabelRows:
        columns = self.choose_columns(read_header(file), file)
        groups = columns.groups()
        table = read_number_table(file, sum(groups.values(), []),
                                  columns.name, finite=False)
        ends = np.cumsum([len(names) for names in groups.values()])
        parts = dict(zip(groups, np.split(table.numbers, ends[:-1], axis=1)))
        fields = {}
        failed = (parts['success'] == 0).any(1)
        for name, values in parts.items():
            if name not in ('success', 'frame'):
                values[failed] = np.nan
            wrong = np.argwhere(np.isinf(values))
            if len(wrong):
                row, column = wrong[0]
                raise AnnotationError(
                    f'{groups[name][column]} is not finite', file,
                    int(table.lines[row]), float(values[row, column]))
        if 'au' in self.targets:
            fields['gt_au'] = self._checked(parts['au'], groups['au'],
                                            self.AU_RANGE, file, table)
        if 'landmarks' in self.targets:
            fields['gt_landmarks'] = parts['landmarks'].reshape(
                len(table.lines), len(columns.landmarks) // 2, 2)
        if 'va' in self.targets:
            fields['gt_va'] = self._checked(parts['va'], groups['va'],
                                            (-1., 1.), file, table)
        confidences = []
        for kind, mine in (('au', ('gt_au', 'gt_landmarks')),
                           ('va', ('gt_va', ))):
            name, mine = f'{kind}_confidence', fields.keys() & set(mine)
            if not mine:
                continue
            trust = np.ones(len(table.lines))
            # A column that was never filled in tells nothing.
            if not np.isnan(parts[name]).all():
                trust = np.nan_to_num(self._checked(
                    parts[name], groups[name], (0., 1.), file, table)[:, 0])
            trust[failed] = 0
            for field in mine:
                fields[field][failed | (trust < self.min_confidence)] = np.nan
            if kind in self.targets:
                fields[name] = trust
            confidences.append(trust)
        return LabelRows(
            self._names(file, columns, parts['frame'], table),
            {k: v.astype(np.float32) for k, v in fields.items()},
            np.min(confidences, axis=0), [file] * len(table.lines),
            table.lines,
            bool(groups['au_confidence'] or groups['va_confidence']))

    @staticmethod
    def _checked(values: np.ndarray, columns: Sequence[str],
                 limits: Tuple[float, float], file: str,
                 table: NumberTable) -> np.ndarray:
        low, high = limits
        wrong = np.argwhere((values < low) | (values > high))
        if len(wrong):
            row, column = wrong[0]
            raise AnnotationError(
                f'{columns[column]} lies outside [{low:g}, {high:g}]', file,
                int(table.lines[row]), float(values[row, column]))
        return values

    def _names(self, file: str, columns: TableColumns, frames: np.ndarray,
               table: NumberTable) -> List[str]:
        """The bare name of the image of each row."""
        below = osp.dirname(file) if file == self.path else self.path
        stem = osp.splitext(osp.relpath(file, below))[0].replace(os.sep, '/')
        names = table.texts or [stem] * len(table.lines)
        if '' in names:
            raise AnnotationError(f'no name in column {columns.name!r}', file,
                                  int(table.lines[names.index('')]))
        names = [bare_name(name, self.root) for name in names]
        if columns.frame is None or (table.texts and not
                                     names[0].lower().endswith(_VIDEOS)):
            return names
        if np.isnan(frames).any():
            raise AnnotationError(
                f'no number in column {columns.frame!r}', file,
                int(table.lines[np.isnan(frames[:, 0]).argmax()]))
        numbers = (frames[:, 0] + self.first_frame - self.FIRST_FRAME)
        if table.texts:
            names = [osp.splitext(name)[0] for name in names]
        return [
            self.frame_name.format(file=name, frame=number)
            for name, number in zip(names,
                                    numbers.astype(np.int64).tolist())
        ]
