# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.logging import MMLogger

from mmfer.registry import DATASETS
from mmfer.structures import (EXPRESSIONS, AnnotationError, LabelSpace,
                              au_names, canonical_expression)
from .base_fer_dataset import BaseFERDataset
from .csv_columns import CSVColumns, is_unknown
from .tables import read_csv, to_int

_SPLITS = ('train', 'val', 'valid', 'test')


@DATASETS.register_module()
class FERCSV(BaseFERDataset):
    """A dataset of your own: images listed in a CSV file.

    The header names the columns, in any order; only ``path`` and one of
    ``expression`` and ``votes_*`` must be there:

    - ``path``: the image, relative to ``data_root`` or absolute.
    - ``expression``: a name in any known spelling, or an index if
      ``label_space`` is given.
    - ``votes_NAME``: how many annotators chose this expression, or how
      probable it is; no negative numbers.
    - ``valence``, ``arousal``: in [-1, 1].
    - ``au1``, ``au2``, ``au4`` ...: occurrence or intensity, 0 to 5.
    - ``x0``, ``y0``, ``x1``, ``y1`` ...: landmarks in pixels, the centre of
      the first pixel is 0.
    - ``au_confidence``, ``va_confidence``: how far these labels are trusted,
      in [0, 1]; in full where the cell is empty.
    - ``subject``: who it is. Where numbers of several data sets overlap,
      ``SET/NUMBER``.
    - ``source_set``: the data set that the row comes from.
    - ``split``: ``train``, ``val``, ``valid`` or ``test``.

    An empty cell or ``nan`` means unknown and becomes NaN, never zero. A row
    without expression takes the most voted one, the first column where two
    are equal; a row with neither is left out and counted. Other columns are
    listed in the log and not read.

    Args:
        data_root (str): The folder that paths are relative to.
        ann_file (str): The CSV file, relative to ``data_root`` or absolute.
            Defaults to ``'labels.csv'``.
        split (str): ``'all'``, or which rows to take by their column
            ``split``. Defaults to ``'all'``.
        label_space (str or Sequence[str], optional): The classes and their
            order, see :class:`BaseFERDataset`; may name classes of your own.
            Defaults to None, the expressions found in the whole file, in the
            order of ``mmfer.structures.EXPRESSIONS``.
        target (str): ``'majority'`` or ``'distribution'``, which adds the
            shares of the votes as ``gt_score``. Defaults to ``'majority'``.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``target`` is unknown.
        AnnotationError: If the header or a row is malformed, or two rows
            give one image different labels.
        FileNotFoundError: If the CSV file is missing.
    """

    SPLITS = ('all', ) + _SPLITS

    def __init__(self,
                 data_root: str = '',
                 ann_file: str = 'labels.csv',
                 split: str = 'all',
                 label_space: Union[str, Sequence[str], None] = None,
                 target: str = 'majority',
                 **kwargs: Any) -> None:
        if target not in ('majority', 'distribution'):
            raise ValueError("target must be 'majority' or 'distribution', "
                             f'got {target!r}')
        self.target = target
        self.csv_path = osp.join(data_root, ann_file)
        self.own_classes: Tuple[str, ...] = ()
        if label_space is not None:
            self.own_classes = LabelSpace.get(label_space).classes
        self.columns = self._read_header()
        metainfo = dict(kwargs.pop('metainfo', None) or {})
        if self.columns.units:
            metainfo['au_names'] = au_names(list(self.columns.units))
        if self.columns.votes:
            metainfo['vote_names'] = tuple(self.columns.votes)
        super().__init__(
            data_root=data_root,
            split=split,
            label_space=label_space or self._found_classes(),
            metainfo=metainfo,
            **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The wanted classes, then all other known expressions."""
        return LabelSpace(
            'custom', list(dict.fromkeys(self.own_classes + EXPRESSIONS)))

    def _read_header(self) -> CSVColumns:
        first = next(read_csv(self.csv_path, ('path', )), None)
        if first is None:
            raise AnnotationError('no rows below the header', self.csv_path)
        columns = CSVColumns(list(first[1]), self.csv_path, self.own_classes)
        if self.target == 'distribution' and not columns.votes:
            raise AnnotationError(
                "target='distribution' needs columns votes_EXPRESSION",
                self.csv_path, 1, columns.header)
        if columns.unknown:
            MMLogger.get_current_instance().info(
                f'FERCSV: {self.csv_path}: columns not read: '
                f'{columns.unknown}')
        return columns

    def _found_classes(self) -> List[str]:
        """The expressions in the file, those of the votes counted in."""
        found = set(self.columns.votes)
        for line, row in read_csv(self.csv_path):
            cell = row.get('expression', '')
            if not is_unknown(cell):
                found.add(self._expression(cell, line))
        if not found:
            raise AnnotationError('no row has an expression', self.csv_path)
        return [name for name in EXPRESSIONS if name in found]

    def load_samples(self) -> List[dict]:
        """Read the rows and keep those of the split."""
        index = {name: i for i, name in enumerate(self.native_space.classes)}
        samples: List[dict] = []
        seen: Dict[str, Tuple[int, str]] = {}
        splits: Dict[str, int] = {}
        unlabelled = 0
        for line, row in read_csv(self.csv_path):
            if not row['path']:
                raise AnnotationError('no path', self.csv_path, line)
            split = self._split_of(row, line)
            splits[split] = splits.get(split, 0) + 1
            votes = self.columns.read_votes(row, line)
            name = self._label_of(row, votes, line)
            if name is None:
                unlabelled += 1
                continue
            self._check_twice(seen, row['path'], name, line)
            if self.split not in ('all', split):
                continue
            sample = dict(
                img_path=osp.join(self.data_root, row['path']),
                gt_label=index[name],
                **self.columns.read_targets(row, line))
            if len(votes) and not np.isnan(votes).any():
                sample['votes'] = votes
            if self.target == 'distribution':
                sample['gt_score'] = self._score(votes, name, index, line)
            samples.append(sample)
        if not samples:
            raise AnnotationError(
                f'no labelled row of split {self.split!r}', self.csv_path,
                None, splits, "give split='all' or fill the column split")
        self.notes = [
            f'labels from {osp.basename(self.csv_path)}, target '
            f'{self.target}', f'{unlabelled} rows without label left out'
        ]
        return samples

    def _expression(self, cell: str, line: int) -> str:
        """The canonical expression of a cell."""
        name = canonical_expression(cell)
        if name in self.own_classes or name in EXPRESSIONS:
            return name
        if name.lstrip('-').replace('.', '', 1).isdigit():
            if not self.own_classes:
                raise AnnotationError(
                    'an expression index without label order', self.csv_path,
                    line, cell, 'say which order with label_space=')
            return self.own_classes[to_int(cell, 'the expression index',
                                           self.csv_path, line, 0,
                                           len(self.own_classes) - 1)]
        raise AnnotationError(
            'unknown expression', self.csv_path, line, cell,
            f'known are {list(self.own_classes or EXPRESSIONS)}; classes of '
            'your own go into label_space=')

    def _label_of(self, row: Dict[str, str], votes: np.ndarray,
                  line: int) -> Optional[str]:
        """The expression of a row, None if it is not known."""
        cell = row.get('expression', '')
        if not is_unknown(cell):
            return self._expression(cell, line)
        if not len(votes) or np.isnan(votes).any():
            return None
        return list(self.columns.votes)[int(votes.argmax())]

    def _split_of(self, row: Dict[str, str], line: int) -> str:
        """The split of a row, ``''`` if it is not known."""
        if 'split' not in row:
            if self.split == 'all':
                return ''
            raise AnnotationError(
                f'no column split, but split {self.split!r} is asked for',
                self.csv_path, 1, self.columns.header, "give split='all'")
        if not is_unknown(row['split']) and row['split'] not in _SPLITS:
            raise AnnotationError('unknown split', self.csv_path, line,
                                  row['split'], f'known are {list(_SPLITS)}')
        return row['split']

    def _check_twice(self, seen: Dict[str, Tuple[int, str]], path: str,
                     name: str, line: int) -> None:
        first, other = seen.setdefault(path, (line, name))
        if other != name:
            raise AnnotationError(
                f'one image with two labels, {other} in line {first} and '
                f'{name} here', self.csv_path, line, path)

    def _score(self, votes: np.ndarray, name: str, index: Dict[str, int],
               line: int) -> np.ndarray:
        """Votes in the native order, float32 of shape ``(C, )``."""
        score = np.zeros(len(index), dtype=np.float32)
        score[[index[n] for n in self.columns.votes]] = votes
        wanted = [index[n] for n in self.label_space.classes if n in index]
        if np.isnan(votes).any() or (name in self.label_space
                                     and score[wanted].sum() == 0):
            raise AnnotationError(
                "no votes for any class, but target='distribution'",
                self.csv_path, line, votes.tolist(),
                "fill the votes, drop the row or use target='majority'")
        return score
