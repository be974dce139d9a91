# Copyright (c) mmfer contributors.
import os.path as osp
import re
from typing import Any, Dict, List

import numpy as np

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .base_fer_dataset import BaseFERDataset
from .folders import read_class_folders
from .folds import check_fold, subject_folds, take_fold
from .tables import read_csv, to_int

_NAME = re.compile(r'(S\d{3})_(\d{3})_(\d{8})\.png')
_NUM_FOLDS = 10
# The folders, in the order of the label space.
_FOLDERS = ('anger', 'disgust', 'fear', 'happy', 'sadness', 'surprise',
            'contempt')
_HINT = ('CKPlus48 wants data_root/CK+48 with the folders '
         f'{sorted(_FOLDERS)}')


@DATASETS.register_module()
class CKPlus48(BaseFERDataset):
    """CK+ as 48x48 crops: the last three frames of 327 labelled sequences.

    Lucey et al., *The Extended Cohn-Kanade Dataset (CK+)*, CVPR Workshops
    2010, https://doi.org/10.1109/CVPRW.2010.5543262.

    ::

        data_root
        ├── CK+48
        │   ├── anger      S010_004_00000017.png ...
        │   ├── contempt
        │   └── ...
        └── index.csv      (optional) path,...,fold10

    981 images of 118 subjects, seven classes without neutral. CK+ has no
    official split. The ten subject-disjoint folds are those of ``index.csv``
    (columns ``path`` and ``fold10`` with 0 to 9) where that file is there,
    else our own, see :func:`~mmfer.datasets.folds.subject_folds`; the log and
    the protocol say which. Results on the two are not comparable.

    Args:
        data_root (str): The folder above.
        split (str): ``'test'`` is one fold, ``'train'`` the nine others,
            ``'all'`` everything. Defaults to ``'train'``.
        fold (int): The number of the test fold, 0 to 9. Defaults to 0.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``fold`` is out of range.
        AnnotationError: If a name or a row of ``index.csv`` is malformed, or
            a subject stands in two folds.
        FileNotFoundError: If the folder ``CK+48`` is missing.
    """

    LABEL_SPACE = 'ckplus48'
    SPLITS = ('train', 'test', 'all')
    OFFICIAL_COUNTS = dict(
        all=dict(
            anger=135,
            contempt=54,
            disgust=177,
            fear=75,
            happiness=207,
            sadness=84,
            surprise=249))

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 fold: int = 0,
                 **kwargs: Any) -> None:
        self.fold = check_fold(fold, _NUM_FOLDS)
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the folders and keep the images of the split."""
        samples = read_class_folders(
            osp.join(self.data_root, 'CK+48'),
            {name: i for i, name in enumerate(_FOLDERS)}, _HINT,
            self.skipped)
        for sample in samples:
            match = _NAME.fullmatch(osp.basename(sample['img_path']))
            if match is None:
                raise AnnotationError(
                    'the name does not read S###_###_########.png',
                    sample['img_path'],
                    hint='remove files that do not belong to CK+48')
            sample['subject'] = match.group(1)
        index = osp.join(self.data_root, 'index.csv')
        if osp.isfile(index):
            folds, source = self._folds_of(index, samples), 'index.csv'
        else:
            folds = subject_folds([s['subject'] for s in samples],
                                  [s['gt_label'] for s in samples],
                                  _NUM_FOLDS)
            source = 'mmfer, subject-disjoint, seed 0 (no index.csv)'
        self.notes = [f'folds from {source}', f'test fold {self.fold}']
        return take_fold(samples, folds, self.split, self.fold)

    def _folds_of(self, index: str, samples: List[dict]) -> np.ndarray:
        """The folds that ``index.csv`` gives, shape ``(N, )``."""
        given = {}
        for line, row in read_csv(index, ('path', 'fold10')):
            given[osp.normpath(row['path'].replace('\\', '/'))] = to_int(
                row['fold10'], 'fold10', index, line, 0, _NUM_FOLDS - 1)
        fold_of_subject: Dict[str, int] = {}
        for sample in samples:
            path = osp.relpath(sample['img_path'], self.data_root)
            if path not in given:
                raise AnnotationError('no row for an image', index, None, path,
                                      'complete the file or remove it')
            first = fold_of_subject.setdefault(sample['subject'], given[path])
            if first != given[path]:
                raise AnnotationError(
                    f'subject {sample["subject"]} stands in folds {first} and '
                    f'{given[path]}', index, None, path,
                    'all images of a subject belong in one fold')
        return np.array([fold_of_subject[s['subject']] for s in samples])
