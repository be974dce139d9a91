# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.logging import MMLogger

from mmfer.registry import DATASETS
from mmfer.structures import (EXPRESSIONS, AnnotationError, LabelSpace,
                              au_names, canonical_expression)
from .base_fer_dataset import BaseFERDataset
from .csv_columns import CSVColumns
from .folders import existing_path
from .number_table import read_header
from .tables import is_unknown, read_csv, to_int

# How a split may be called -> the split.
_SPLITS = dict(train='train', training='train', val='val', valid='val',
               validation='val', test='test', testing='test')
# Without expressions: it only tells with which datasets this one can be
# joined.
_ANY_SPACE = 'affectnet8'


def _any_known(targets: Dict[str, Any]) -> bool:
    """Whether any target of a row is known."""
    return any(name in targets and not np.isnan(targets[name]).all()
               for name in ('gt_va', 'gt_au', 'gt_landmarks'))


@DATASETS.register_module()
class FERCSV(BaseFERDataset):
    """A dataset of your own: images listed in a CSV file.

    The header names the columns, in any order, in small or capital letters;
    only ``path`` and one kind of label must be there:

    - ``path``: the image, relative to ``data_root`` or absolute. One with
      backslashes that is not there is read with slashes.
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
    - ``split``: ``train``, ``val`` or ``test``, also as ``training``,
      ``valid``, ``validation`` and ``testing``.

    An empty cell, ``NA`` or ``nan`` means unknown and becomes NaN, never
    zero; see :func:`~mmfer.datasets.tables.is_unknown` for all spellings. A
    row without expression takes the most voted one, the first column where
    two are equal; a row with neither is left out and counted. Where no row
    has an expression or votes, samples have no ``gt_label``, and rows without
    any label are left out and counted. Other columns are listed in the log
    and not read. For separators see :func:`~mmfer.datasets.tables.read_csv`.

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

    SPLITS = ('all', 'train', 'val', 'valid', 'test')

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
        found = self._found_classes()
        self.expressions = bool(found)
        if not (found or self.columns.has_other_targets
                or kwargs.get('auxiliary')):
            raise AnnotationError(
                'no row has an expression' if self.columns.has_expressions
                else 'no column of labels', self.csv_path, 1,
                self.columns.header, 'there are expression, '
                'votes_EXPRESSION, valence and arousal, au1 and so on, x0 and '
                'y0 and so on')
        metainfo = dict(kwargs.pop('metainfo', None) or {})
        if self.columns.units:
            metainfo['au_names'] = au_names(list(self.columns.units))
        if self.columns.votes:
            metainfo['vote_names'] = tuple(self.columns.votes)
        super().__init__(
            data_root=data_root,
            split=split,
            label_space=label_space or found or _ANY_SPACE,
            metainfo=metainfo,
            **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The wanted classes, then all other known expressions."""
        return LabelSpace(
            'custom', list(dict.fromkeys(self.own_classes + EXPRESSIONS)))

    def _read_header(self) -> CSVColumns:
        header = read_header(self.csv_path, ('path', ))
        columns = CSVColumns(header, self.csv_path, self.own_classes)
        if self.target == 'distribution' and not columns.votes:
            raise AnnotationError(
                "target='distribution' needs columns votes_EXPRESSION",
                self.csv_path, 1, columns.header)
        if columns.unknown:
            MMLogger.get_current_instance().info(
                f'FERCSV: {self.csv_path}: columns not read: '
                f'{columns.unknown}')
        return columns

    def _rows(self) -> Iterator[Tuple[int, Dict[str, str]]]:
        return read_csv(self.csv_path, ('path', ), self.columns.header)

    def _found_classes(self) -> List[str]:
        """The expressions in the file, those of the votes counted in, in the
        order of :attr:`native_space`; none where all cells are unknown."""
        names: Dict[str, str] = {}
        voted, rows = False, 0
        for line, row in self._rows():
            rows += 1
            cell = row.get('expression', '')
            if cell not in names and self._is_label(cell):
                names[cell] = self._expression(cell, line)
            voted = voted or not all(
                is_unknown(row[name]) for name in self.columns.votes.values())
        if not rows:
            raise AnnotationError('no rows below the header', self.csv_path)
        found = {*names.values(), *(self.columns.votes if voted else ())}
        return [name for name in self.native_space.classes if name in found]

    def load_samples(self) -> List[dict]:
        """Read the rows and keep those of the split."""
        index = {name: i for i, name in enumerate(self.native_space.classes)}
        samples: List[dict] = []
        seen: Dict[str, Tuple[int, str]] = {}
        splits: Dict[str, int] = {}
        unlabelled = 0
        wanted = _SPLITS.get(self.split, '')
        for line, row in self._rows():
            if not row['path']:
                raise AnnotationError('no path', self.csv_path, line)
            split = self._split_of(row, line)
            splits[split] = splits.get(split, 0) + 1
            votes = self.columns.read_votes(row, line)
            name = self._label_of(row, votes, line)
            if name is not None:
                self._check_twice(seen, row['path'].replace('\\', '/'), name,
                                  line)
            elif self.expressions:
                unlabelled += 1
                continue
            if wanted not in ('', split):
                continue
            targets = self.columns.read_targets(row, line)
            if not (self.expressions or self.auxiliary.fields
                    or _any_known(targets)):
                unlabelled += 1
                continue
            sample = dict(
                img_path=existing_path(osp.join(self.data_root, row['path'])),
                **targets)
            if name is not None:
                sample['gt_label'] = index[name]
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
        if not self.expressions:
            self.notes.append('no expressions')
        return samples

    def _is_label(self, cell: str) -> bool:
        """Whether a cell is no unknown value, but maybe a class ``none``."""
        return cell != '' and (not is_unknown(cell) or canonical_expression(
            cell) in self.own_classes)

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
        if self._is_label(cell):
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
        if is_unknown(row['split']):
            return ''
        split = _SPLITS.get(row['split'].lower())
        if split is None:
            raise AnnotationError('unknown split', self.csv_path, line,
                                  row['split'], f'known are {list(_SPLITS)}')
        return split

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
