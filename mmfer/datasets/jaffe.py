# Copyright (c) mmfer contributors.
import os.path as osp
import re
from typing import Any, List

from mmengine.logging import MMLogger

from mmfer.registry import DATASETS
from mmfer.structures import LABEL_SPACES, AnnotationError
from .base_fer_dataset import BaseFERDataset
from .folders import images_in
from .folds import check_fold, take_subject_fold
from .tables import require_folder

_NAME = re.compile(r'([A-Z]{2})\.([A-Z]{2})\d+\.\d+\.tiff?', re.IGNORECASE)
_CODES = dict(
    AN='anger',
    DI='disgust',
    FE='fear',
    HA='happiness',
    NE='neutral',
    SA='sadness',
    SU='surprise')
# Published for the whole set; the counts per class are not.
_OFFICIAL_TOTAL = 213


@DATASETS.register_module()
class JAFFE(BaseFERDataset):
    """JAFFE: posed expressions of ten Japanese women, 256x256 grey.

    Lyons et al., *Coding Facial Expressions with Gabor Wavelets*, FG 1998,
    https://doi.org/10.1109/AFGR.1998.670949.

    ::

        data_root
        ├── KA.AN1.39.tiff
        └── ...

    A name reads subject, expression code with a running number, image
    number; images may also lie in folders below ``data_root``. JAFFE has no
    official split; the folds are our own, see
    :func:`~mmfer.datasets.folds.subject_folds`. With ten subjects the
    default of ten folds leaves one subject out.

    Args:
        data_root (str): The folder above.
        split (str): ``'test'`` is one fold, ``'train'`` the others, ``'all'``
            everything. Defaults to ``'train'``.
        fold (int): The number of the test fold. Defaults to 0.
        num_folds (int): The number of subject-disjoint folds. Defaults to 10.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``fold`` is out of range or there are fewer subjects
            than folds.
        AnnotationError: If an image name is malformed.
        FileNotFoundError: If ``data_root`` is missing.
    """

    LABEL_SPACE = 'jaffe'
    SPLITS = ('train', 'test', 'all')

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 fold: int = 0,
                 num_folds: int = 10,
                 **kwargs: Any) -> None:
        self.fold, self.num_folds = check_fold(fold, num_folds), num_folds
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the image names and keep those of the split."""
        require_folder(self.data_root,
                       'JAFFE wants the folder that holds KA.AN1.39.tiff')
        samples = [self._parse(path)
                   for path in images_in(self.data_root, self.skipped)]
        if not samples:
            raise AnnotationError(
                'no images', self.data_root,
                hint='JAFFE wants files such as KA.AN1.39.tiff')
        self.notes = [
            f'{len(samples)} images on disk, {_OFFICIAL_TOTAL} published'
        ]
        if len(samples) != _OFFICIAL_TOTAL:
            MMLogger.get_current_instance().warning(f'JAFFE: {self.notes[0]}')
        return take_subject_fold(samples, self.split, self.fold,
                                 self.num_folds, self.notes)

    def _parse(self, path: str) -> dict:
        """The sample that a file name describes."""
        match = _NAME.fullmatch(osp.basename(path))
        if match is None:
            raise AnnotationError(
                'the name does not read like KA.AN1.39.tiff', path,
                hint='remove images that do not belong to JAFFE')
        subject, code = match.group(1).upper(), match.group(2).upper()
        if code not in _CODES:
            raise AnnotationError('unknown expression code', path, None, code,
                                  f'known are {sorted(_CODES)}')
        return dict(
            img_path=path,
            gt_label=LABEL_SPACES['jaffe'].index(_CODES[code]),
            subject=subject)
