# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, List, Sequence, Tuple, Union

import numpy as np

from mmfer.structures import AnnotationError, au_names
from .base_fer_dataset import BaseFERDataset
from .folders import existing_path
from .known_values import known_values
from .number_table import read_number_rows
from .tables import read_rows, require_file


class AUListDataset(BaseFERDataset):
    """Frames and action units in two lists of equal length a fold.

    This is the form that `ME-GraphAU <https://arxiv.org/abs/2205.01782>`_
    and others exchange: ``list/NAME_train_img_path_fold1.txt`` with a path in
    each line, and ``list/NAME_train_label_fold1.txt`` with a row of numbers,
    parted by blanks, one for each unit. The paths lie in ``img``; the first
    folder of a path is the subject. Values are 0 and 1; -1, 9 and ``nan``
    mean unknown.

    There are no expressions: samples have no ``gt_label``, and the label
    space only tells with which datasets this one can be joined.

    Args:
        data_root (str): The folder that holds ``list`` and ``img``.
        split (str): ``'train'`` or ``'test'``. Defaults to ``'train'``.
        fold (int): The fold, from 1. Defaults to 1.
        au_set (str or Sequence[int], optional): The units of the lists, a
            key of ``AU_SETS`` or FACS numbers. Defaults to None, those of
            the dataset.
        image_folder (str): Where the frames are, below ``data_root``.
            Defaults to ``'img'``.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``fold`` is out of range.
        AnnotationError: If a list is malformed, or they differ in length.
        FileNotFoundError: If a list is missing.
    """

    LABEL_SPACE = 'affectnet8'
    # The name in the lists, their units, and the number of folds.
    LIST_NAME: str = ''
    UNITS: Sequence[int] = ()
    NUM_FOLDS: int = 3

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 fold: int = 1,
                 au_set: Union[str, Sequence[int], None] = None,
                 image_folder: str = 'img',
                 **kwargs: Any) -> None:
        if not 1 <= fold <= self.NUM_FOLDS:
            raise ValueError(f'fold must be an integer from 1 to '
                             f'{self.NUM_FOLDS}, got {fold!r}')
        self.fold, self.image_folder = fold, image_folder
        names = au_names(self.UNITS if au_set is None else au_set)
        self.units = [int(name[2:]) for name in names]
        metainfo = dict(kwargs.pop('metainfo', None) or {}, au_names=names)
        super().__init__(
            data_root=data_root, split=split, metainfo=metainfo, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the two lists."""
        paths, units = self._read_lists()
        folder = osp.join(self.data_root, self.image_folder)
        self.notes = [f'list fold {self.fold} of {self.NUM_FOLDS}, '
                      'official counts unknown']
        return [
            dict(img_path=existing_path(f'{folder}/{path}'), gt_au=row,
                 subject=path.replace('\\', '/').split('/')[0])
            for path, row in zip(paths, units)
        ]

    def _read_lists(self) -> Tuple[List[str], np.ndarray]:
        """Paths and units, float32 of shape ``(N, K)``."""
        paths = [' '.join(cells) for _, cells in read_rows(
            self._list('img_path'), range(1, 100))]
        file = self._list('label')
        table = read_number_rows(file, len(self.units))
        if len(paths) != len(table.lines):
            raise AnnotationError(
                f'{len(table.lines)} rows for {len(paths)} paths', file,
                hint='take both lists from the same source')
        return paths, known_values(table.numbers, (-1, 9), (0, 1),
                                   'action units', file, table.lines)

    def _list(self, kind: str) -> str:
        name = f'{self.LIST_NAME}_{self.split}_{kind}_fold{self.fold}.txt'
        return require_file(
            osp.join(self.data_root, 'list', name),
            f'{type(self).__name__} wants its lists in data_root/list')
