# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Iterator, List

import numpy as np

from mmfer.registry import DATASETS
from mmfer.structures import AU_SETS, AnnotationError
from .au_list_dataset import AUListDataset
from .folders import subfolders
from .folds import take_subject_fold
from .known_values import known_values
from .number_table import read_number_rows
from .tables import require_file


@DATASETS.register_module()
class DISFA(AUListDataset):
    """DISFA: frames of 27 people with intensities of twelve action units.

    Mavadati et al., *DISFA: A Spontaneous Facial Action Intensity Database*,
    IEEE Transactions on Affective Computing 2013,
    https://doi.org/10.1109/T-AFFC.2013.4.

    ::

        data_root                                       form='official'
        ├── ActionUnit_Labels/SN001/SN001_au1.txt       frame,intensity
        └── img/SN001/1.jpg ...

        data_root                                       form='list'
        ├── list/DISFA_train_img_path_fold1.txt         SN001/0.png
        │        DISFA_train_label_fold1.txt            0 0 1 0 0 0 1 0
        └── img/SN001/0.png ...

    The list form has the eight units 1, 2, 4, 6, 9, 12, 25 and 26, see
    :class:`AUListDataset`. The official form has intensities from 0 to 5. Its
    videos must be cut into frames first; ``frame_name`` says how they are
    called. Its folds are ours, by subject, see
    :func:`~mmfer.datasets.folds.subject_folds`. mmfer knows no verified
    official counts.

    Args:
        data_root (str): The folder above.
        form (str): ``'official'`` or ``'list'``. Defaults to ``'official'``.
        au_intensity (bool): Whether ``gt_au`` holds intensities from 0 to 5
            in place of occurrence, which is an intensity of 2 or more, as
            usual for DISFA; official form only. Defaults to False.
        frame_name (str): Where a frame is below ``img``, in the official
            form. Defaults to ``'{subject}/{frame}.jpg'``.
        **kwargs: See :class:`AUListDataset`. ``au_set`` defaults to
            ``'disfa'``, or the eight units.

    Raises:
        ValueError: If ``form`` is unknown, or intensities are asked of the
            list form.
        AnnotationError: If a file is malformed.
        FileNotFoundError: If a file is missing.
    """

    LIST_NAME = 'DISFA'
    SPLITS = ('train', 'test', 'all')

    def __init__(self,
                 data_root: str,
                 form: str = 'official',
                 au_intensity: bool = False,
                 frame_name: str = '{subject}/{frame}.jpg',
                 **kwargs: Any) -> None:
        if form not in ('official', 'list'):
            raise ValueError("form must be 'official' or 'list', got "
                             f'{form!r}')
        if form == 'list' and au_intensity:
            raise ValueError('the list form of DISFA has occurrence only')
        self.form, self.au_intensity = form, au_intensity
        self.frame_name = frame_name
        self.UNITS = AU_SETS['disfa']
        if form == 'list':
            self.UNITS, self.SPLITS = (1, 2, 4, 6, 9, 12, 25, 26), \
                ('train', 'test')
        super().__init__(data_root=data_root, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the lists or the official files."""
        if self.form == 'list':
            return super().load_samples()
        root = osp.join(self.data_root, 'ActionUnit_Labels')
        samples = [
            sample for subject in subfolders(
                root, 'DISFA wants ActionUnit_Labels; for lists say '
                "form='list'")
            for sample in self._read_subject(root, subject)
        ]
        self.notes = ['intensities from 0 to 5' if self.au_intensity else
                      'occurrence: intensity of 2 or more',
                      'official counts unknown']
        return take_subject_fold(samples, self.split, self.fold,
                                 self.NUM_FOLDS, self.notes, first=1)

    def _read_subject(self, root: str, subject: str) -> Iterator[dict]:
        columns = []
        for unit in self.units:
            path = require_file(
                osp.join(root, subject, f'{subject}_au{unit}.txt'),
                'take the unit out of au_set, or unpack all labels')
            columns.append(self._read_unit(path))
            if not np.array_equal(columns[-1][:, 0], columns[0][:, 0]):
                raise AnnotationError(
                    'other frames than in the file of unit '
                    f'{self.units[0]}', path)
        values = np.stack([column[:, 1] for column in columns], 1)
        if not self.au_intensity:
            values = np.where(np.isnan(values), values, values >= 2)
        folder = osp.join(self.data_root, self.image_folder)
        for number, row in zip(columns[0][:, 0].astype(int).tolist(),
                               values.astype(np.float32)):
            name = self.frame_name.format(subject=subject, frame=number)
            yield dict(img_path=f'{folder}/{name}', gt_au=row,
                       subject=subject)

    @staticmethod
    def _read_unit(path: str) -> np.ndarray:
        """Frames and intensities, float64 of shape ``(N, 2)``."""
        table = read_number_rows(path, 2, ',')
        frames, values = np.hsplit(table.numbers, 2)
        if np.isnan(frames).any():
            raise AnnotationError('a row without number of the frame', path)
        return np.hstack([frames, known_values(values, (-1, 9), (0, 5),
                                               'intensity', path,
                                               table.lines)])
