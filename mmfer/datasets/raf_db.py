# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError, LabelSpace
from .base_fer_dataset import BaseFERDataset
from .tables import read_rows, require_folder, to_float, to_int

# subset -> its label space
_SPACES = dict(basic='rafdb', compound='rafdb_compound')
_ATTRIBUTES = ('gender', 'race', 'age')


def read_label_list(path: str, num_classes: int) -> List[Tuple[str, int]]:
    """Rows of ``list_patition_label.txt``.

    Args:
        path (str): The list, rows such as ``train_00001.jpg 5``.
        num_classes (int): The number of classes.

    Returns:
        list[tuple]: Image name and label, counted from 0 (the file counts
        from 1).

    Raises:
        AnnotationError: If a row is malformed, a label lies outside 1 to
            ``num_classes``, a name begins neither with ``train_`` nor with
            ``test_``, or a name stands there twice.
    """
    rows: Dict[str, int] = {}
    for line, (name, label) in read_rows(path, (2, )):
        if not name.startswith(('train_', 'test_')):
            raise AnnotationError(
                'the name begins neither with train_ nor with test_', path,
                line, name)
        if name in rows:
            raise AnnotationError('an image named twice', path, line, name)
        rows[name] = to_int(label, 'the label', path, line, 1,
                            num_classes) - 1
    if not rows:
        raise AnnotationError('an empty list', path)
    return list(rows.items())


def read_attributes(path: str) -> Dict[str, Any]:
    """One file of ``Annotation/manual``.

    Args:
        path (str): Five lines with x and y, then gender, race and age.

    Returns:
        dict: ``gt_landmarks``, float32 of shape ``(5, 2)`` in pixels of the
        original image, and the codes ``gender``, ``race``, ``age`` as ints.

    Raises:
        AnnotationError: If the file has another form.
    """
    rows = list(read_rows(path, (1, 2)))
    if [len(cells) for _, cells in rows] != [2] * 5 + [1] * 3:
        raise AnnotationError(
            'five lines "x y" and three lines with one number belong here',
            path, value=[' '.join(cells) for _, cells in rows])
    points = [[to_float(cell, 'a coordinate', path, line) for cell in cells]
              for line, cells in rows[:5]]
    codes = [to_int(cells[0], 'a code', path, line, 0)
             for line, cells in rows[5:]]
    return dict(
        gt_landmarks=np.array(points, dtype=np.float32),
        **dict(zip(_ATTRIBUTES, codes)))


@DATASETS.register_module()
class RAFDB(BaseFERDataset):
    """RAF-DB: real-world faces, basic and compound expressions.

    Li et al., *Reliable Crowdsourcing and Deep Locality-Preserving Learning
    for Expression Recognition in the Wild*, CVPR 2017.

    ::

        data_root
        ├── basic                      or the folders below in data_root
        │   ├── EmoLabel/list_patition_label.txt
        │   ├── Image/aligned/train_00001_aligned.jpg
        │   ├── Image/original/train_00001.jpg
        │   └── Annotation/manual/train_00001_manu_attri.txt
        └── compound                   the same folders

    Where ``Annotation/manual`` is present, samples carry ``gender`` (0 male,
    1 female, 2 unsure), ``race`` (0 Caucasian, 1 African-American, 2 Asian)
    and ``age`` (0: 0-3, 1: 4-19, 2: 20-39, 3: 40-69, 4: 70 and more years) as
    plain ints; these meanings are those of public reader code. Original
    images also carry the five manual points as ``gt_landmarks``. The points
    are pixels of the original image, so aligned images go without.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'`` or ``'test'``. Defaults to ``'train'``.
        subset (str): ``'basic'``, seven classes, or ``'compound'``, eleven.
            Defaults to ``'basic'``.
        image (str): ``'aligned'``, 100x100 crops, or ``'original'``.
            Defaults to ``'aligned'``.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``subset`` or ``image`` is unknown.
        AnnotationError: If a row is malformed.
        FileNotFoundError: If a folder, the list or the first image is
            missing.
    """

    LABEL_SPACE = 'rafdb'
    OFFICIAL_COUNTS = dict(
        train=dict(
            surprise=1290, fear=281, disgust=717, happiness=4772,
            sadness=1982, anger=705, neutral=2524),
        test=dict(
            surprise=329, fear=74, disgust=160, happiness=1185, sadness=478,
            anger=162, neutral=680))  # yapf: disable

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 subset: str = 'basic',
                 image: str = 'aligned',
                 **kwargs: Any) -> None:
        for name, value, known in (('subset', subset, tuple(_SPACES)),
                                   ('image', image, ('aligned', 'original'))):
            if value not in known:
                raise ValueError(f'{name} must be one of {known}, got '
                                 f'{value!r}')
        self.subset, self.image = subset, image
        super().__init__(data_root=data_root, split=split, **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The official order of the subset."""
        return LabelSpace.get(_SPACES[self.subset])

    def official_counts(self) -> Optional[Dict[str, int]]:
        """The official counts; for the compound subset none are known."""
        return super().official_counts() if self.subset == 'basic' else None

    def load_samples(self) -> List[dict]:
        """Read the label list and, where present, the attributes."""
        root = self._root()
        images = require_folder(
            osp.join(root, 'Image', self.image),
            f'unpack the {self.image} images, or set image= to the other kind')
        path = osp.join(root, 'EmoLabel', 'list_patition_label.txt')
        rows = read_label_list(path, len(self.native_space))
        self._check_subset(path, rows)
        manual = osp.join(root, 'Annotation', 'manual')
        has_manual, bare = osp.isdir(manual), 0
        suffix = '_aligned' if self.image == 'aligned' else ''
        samples = []
        for name, label in rows:
            if not name.startswith(f'{self.split}_'):
                continue
            stem, extension = osp.splitext(name)
            sample = dict(
                img_path=osp.join(images, f'{stem}{suffix}{extension}'),
                gt_label=label)
            file = osp.join(manual, f'{stem}_manu_attri.txt')
            if has_manual and osp.isfile(file):
                sample.update(read_attributes(file))
                if self.image == 'aligned':
                    del sample['gt_landmarks']
            else:
                bare += 1
            samples.append(sample)
        self.notes = [
            f'subset {self.subset}', f'{self.image} images',
            f'{bare} of {len(samples)} samples without manual attributes'
        ]
        return samples

    def _root(self) -> str:
        """The folder that holds ``EmoLabel``."""
        for root in (osp.join(self.data_root, self.subset), self.data_root):
            if osp.isdir(osp.join(root, 'EmoLabel')):
                return root
        return require_folder(
            osp.join(self.data_root, self.subset, 'EmoLabel'),
            'data_root must hold EmoLabel, or basic/EmoLabel and '
            'compound/EmoLabel')

    def _check_subset(self, path: str, rows: List[Tuple[str, int]]) -> None:
        """Both subsets name their list alike; do not mistake one for the
        other."""
        highest = max(label for _, label in rows) + 1
        if self.subset == 'compound' and highest <= 7:
            raise AnnotationError(
                'no label above 7, so this is the list of the basic subset',
                path, value=highest,
                hint="set subset='basic' or data_root to the folder that "
                'holds compound/')
