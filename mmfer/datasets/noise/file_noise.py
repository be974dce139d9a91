# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from mmfer.errors import ConfigError
from mmfer.registry import TASK_UTILS
from mmfer.structures import AnnotationError, LabelSpace
from ..tables import read_csv, read_rows, to_int
from .label_noise import LabelNoise

# Line, name of the sample, label, clean label or None.
_Row = Tuple[int, str, int, Optional[int]]


def _key(name: str) -> str:
    """What names of one picture in different lists have in common.

    Examples:
        >>> _key('/home/me/aligned/train_00001_aligned.jpg')
        'train_00001'
    """
    stem = name.replace('\\', '/').rsplit('/', 1)[-1].rsplit('.', 1)[0]
    return stem[:-len('_aligned')] if stem.endswith('_aligned') else stem


@TASK_UTILS.register_module()
class FileNoise(LabelNoise):
    """Labels from a list, published or written by an earlier run.

    ================ ======================================================
    EAC              ``train_00001.jpg 5``, labels from 1
    SCN              ``/any/path/train_00001_aligned.jpg 4``, labels from 0
    ``noise.csv``    header ``name,label`` and, where known, ``clean``; labels
                     by class name; written by every run with label noise
    ================ ======================================================

    Rows and samples are matched by path below ``data_root`` and, where that
    fails, by file name without folder, suffix and ``_aligned``. Each sample
    needs a row.

    Args:
        file (str): The list.
        classes (str or Sequence[str], optional): The label order of a list
            with numbers, as a label space or list of names. Defaults to None,
            the official order of the dataset.
        first_label (int, optional): The number of the first class, 0 or 1.
            Defaults to None, found out from the list.
        unknown (str): What to do with rows of samples that the dataset does
            not have: ``'error'``, or ``'ignore'`` where the label space or a
            fold leaves samples out. Defaults to ``'error'``.

    Raises:
        ValueError: If ``first_label`` or ``unknown`` is none of these.
        AnnotationError: If a row is malformed, a sample has no row or two,
            a label is not in the label space, or ``clean`` is not the label
            of the dataset.
    """

    def __init__(self,
                 file: str,
                 classes: Union[str, Sequence[str], None] = None,
                 first_label: Optional[int] = None,
                 unknown: str = 'error') -> None:
        if first_label not in (None, 0, 1):
            raise ConfigError('first_label must be 0, 1 or None, got '
                             f'{first_label!r}')
        if unknown not in ('error', 'ignore'):
            raise ConfigError("unknown must be 'error' or 'ignore', got "
                             f'{unknown!r}')
        self.file = osp.expanduser(file)
        self.classes = None if classes is None else LabelSpace.get(classes)
        self.first_label, self.unknown = first_label, unknown

    def __call__(self, labels: np.ndarray, names: Sequence[str],
                 space: LabelSpace, native: LabelSpace) -> np.ndarray:
        """Read the list and give each sample its label."""
        if self.file.lower().endswith('.csv'):
            rows = self._read_csv(space)
        else:
            rows = self._read_list(self.classes or native, space)
        whole = {name: i for i, name in enumerate(names)}
        keys: Dict[str, int] = {}
        for i, name in enumerate(names):
            keys[_key(name)] = -1 if _key(name) in keys else i

        noisy = np.full(len(labels), -1, dtype=np.int64)
        for line, name, label, clean in rows:
            i = whole.get(name, keys.get(_key(name)))
            if i is None and self.unknown == 'ignore':
                continue
            self._check(line, name, i, label, space)
            if noisy[i] >= 0:
                raise AnnotationError('a second row for this sample',
                                      self.file, line, name)
            if clean is not None and clean != labels[i]:
                raise AnnotationError(
                    f'the dataset has the label {space.classes[labels[i]]!r}, '
                    'so the list was made for other annotations', self.file,
                    line, name)
            noisy[i] = label
        bare = np.flatnonzero(noisy < 0)
        if bare.size:
            raise AnnotationError(
                f'no row for {bare.size} of {len(labels)} samples, the first '
                'being', self.file, value=names[bare[0]],
                hint='give a list for the split of this dataset')
        return noisy

    def _check(self, line: int, name: str, i: Optional[int], label: int,
               space: LabelSpace) -> None:
        """Refuse a row that belongs to no sample, to several, or has a label
        that is not in use."""
        if i is None:
            raise AnnotationError(
                'the dataset has no such sample', self.file, line, name,
                "give a list for the split, or set unknown='ignore' if the "
                'label space or a fold leaves samples out')
        if i < 0:
            raise AnnotationError(
                'several samples have this file name', self.file, line, name,
                'write the path below data_root')
        if label < 0:
            raise AnnotationError(
                'the label is not in the label space '
                f'{list(space.classes)}', self.file, line, name,
                'choose a label space that has all classes of the list')

    def _read_csv(self, space: LabelSpace) -> List[_Row]:
        rows = []
        for line, row in read_csv(self.file, ('name', 'label'),
                                  ('clean', )):
            label, clean = (
                space.index(row[c]) if row[c] in space else -1
                for c in ('label', 'clean' if 'clean' in row else 'label'))
            rows.append((line, row['name'], label,
                         clean if 'clean' in row else None))
        return rows

    def _read_list(self, order: LabelSpace, space: LabelSpace) -> List[_Row]:
        read = [(line, name, to_int(text, 'the label', self.file, line, 0,
                                    len(order)))
                for line, (name, text) in read_rows(self.file, (2, ))]
        if not read:
            raise AnnotationError('an empty list', self.file)
        first = self.first_label
        if first is None:
            numbers = {label for _, _, label in read}
            if (0 in numbers) == (len(order) in numbers):
                raise AnnotationError(
                    f'labels from {min(numbers)} to {max(numbers)} for '
                    f'{len(order)} classes do not tell whether they count '
                    'from 0 or from 1', self.file, hint='set first_label')
            first = 0 if 0 in numbers else 1
        mapping = order.map_to(space)
        for line, _, label in read:
            if not first <= label < first + len(order):
                raise AnnotationError(
                    f'the label lies outside [{first}, '
                    f'{first + len(order) - 1}]', self.file, line, label)
        return [(line, name, int(mapping[label - first]), None)
                for line, name, label in read]

    def settings(self) -> Dict[str, Any]:
        """The file and how it was read."""
        return dict(
            file=self.file,
            list_classes=list(self.classes.classes) if self.classes else None,
            first_label=self.first_label,
            unknown=self.unknown)
