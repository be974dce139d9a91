# Copyright (c) mmfer contributors.
import os
import os.path as osp
from typing import Any, Dict, List, Optional

import numpy as np
from mmengine.logging import MMLogger

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .arrays import to_array
from .base_fer_dataset import BaseFERDataset
from .folders import images_in
from .tables import read_csv, require_file, require_folder, to_int

# split -> its "Usage" in the CSV file and the folder names it goes by
_USAGE = dict(train='Training', valid='PublicTest', test='PrivateTest')
_FOLDERS = dict(
    train=('training', 'train'),
    valid=('publictest', 'valid', 'val', 'validation'),
    test=('privatetest', 'test'))
# Rows as widely published; no file was at hand to measure them.
_PUBLISHED = dict(train=28709, valid=3589, test=3589)
_CHUNK = 4096


@DATASETS.register_module()
class FER2013(BaseFERDataset):
    """FER2013: 48x48 grey faces collected by keyword search.

    Goodfellow et al., *Challenges in Representation Learning: A Report on
    Three Machine Learning Contests*, ICONIP 2013,
    https://arxiv.org/abs/1307.0414.

    ::

        data_root                      layout='csv'
        └── fer2013.csv                emotion,pixels,Usage

        data_root                      layout='folders'
        ├── Training                   or train
        │   ├── angry                  or 0, anger, Angry
        │   └── ...                    all seven classes
        ├── PublicTest                 or valid, val, validation
        └── PrivateTest                or test

    A sample of the CSV file has no image file; it carries ``img``, uint8 of
    shape ``(48, 48)``. The set is published as 28,709 / 3,589 / 3,589 rows;
    these totals are repeated here second-hand. ``OFFICIAL_COUNTS`` was
    measured on the 35,710 images that remain after FERPlus dropped 177 rows
    without a face, so counts are only compared with it where a copy has
    exactly that many images. Some public folder copies are damaged or
    augmented, and some merge the two test halves: read the counts in the log.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'``, ``'valid'`` (PublicTest) or ``'test'``
            (PrivateTest). Defaults to ``'train'``.
        layout (str): ``'csv'`` or ``'folders'``. Defaults to ``'csv'``.
        **kwargs: See :class:`BaseFERDataset`; ``ann_file`` names the CSV
            file, ``'fer2013.csv'`` if it is not given.

    Raises:
        ValueError: If ``layout`` is unknown.
        AnnotationError: If a row or a class folder is malformed.
        FileNotFoundError: If the CSV file or a folder is missing.
    """

    LABEL_SPACE = 'fer2013'
    SPLITS = ('train', 'valid', 'test')
    # Without the 177 rows that FERPlus drops.
    OFFICIAL_COUNTS = dict(
        train=dict(
            anger=3969, disgust=435, fear=4079, happiness=7186, sadness=4796,
            surprise=3161, neutral=4932),
        valid=dict(
            anger=466, disgust=56, fear=496, happiness=891, sadness=652,
            surprise=414, neutral=604),
        test=dict(
            anger=489, disgust=55, fear=527, happiness=876, sadness=588,
            surprise=414, neutral=624))  # yapf: disable

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 layout: str = 'csv',
                 **kwargs: Any) -> None:
        if layout not in ('csv', 'folders'):
            raise ValueError("layout must be 'csv' or 'folders', got "
                             f'{layout!r}')
        self.layout = layout
        self.rows = 0
        kwargs.setdefault('ann_file', 'fer2013.csv')
        super().__init__(data_root=data_root, split=split, **kwargs)

    def official_counts(self) -> Optional[Dict[str, int]]:
        """The measured counts if this copy is the one they belong to."""
        total = sum(self.OFFICIAL_COUNTS[self.split].values())
        return super().official_counts() if self.rows == total else None

    def load_samples(self) -> List[dict]:
        """Read the CSV file or list the class folders."""
        samples = (
            self._read_csv() if self.layout == 'csv' else self._list_folders())
        self.rows = len(samples)
        reduced = sum(self.OFFICIAL_COUNTS[self.split].values())
        published = _PUBLISHED[self.split]
        self.notes = [
            f'layout {self.layout}',
            f'{self.rows} images; published {published} (second-hand), '
            f'without faceless rows {reduced}'
        ]
        if self.rows not in (published, reduced):
            MMLogger.get_current_instance().warning(
                f'FER2013, {self.split}: {self.notes[1]}; this copy is '
                'another one')
        return samples

    def _read_csv(self) -> List[dict]:
        path = require_file(self.ann_file,
                            'FER2013 wants fer2013.csv in data_root, or '
                            "layout='folders'")
        samples: List[dict] = []
        labels, pixels, lines = [], [], []
        splits = {usage.lower(): split for split, usage in _USAGE.items()}

        def flush() -> None:
            images = to_array(pixels, lines, 'pixels', path, 48 * 48,
                              dtype=np.uint8).reshape(-1, 48, 48)
            samples.extend(
                dict(img=image, gt_label=label)
                for image, label in zip(images, labels))
            for part in (labels, pixels, lines):
                part.clear()

        for line, row in read_csv(path, ('emotion', 'pixels', 'Usage')):
            split = splits.get(row['Usage'].lower())
            if split is None:
                raise AnnotationError('unknown Usage', path, line,
                                      row['Usage'],
                                      f'one of {list(_USAGE.values())}')
            if split != self.split:
                continue
            labels.append(
                to_int(row['emotion'], 'the emotion', path, line, 0, 6))
            pixels.append(row['pixels'])
            lines.append(line)
            if len(lines) == _CHUNK:
                flush()
        if lines:
            flush()
        return samples

    def _list_folders(self) -> List[dict]:
        require_folder(self.data_root, 'check data_root')
        found = {name.lower(): name for name in os.listdir(self.data_root)}
        names = [found[n] for n in _FOLDERS[self.split] if n in found]
        folder = require_folder(
            osp.join(self.data_root,
                     names[0] if names else _USAGE[self.split]),
            f'the split may be named {_FOLDERS[self.split]}')
        classes = self._class_folders(folder)
        return [
            dict(img_path=path, gt_label=label)
            for label, name in sorted(classes.items())
            for path in images_in(osp.join(folder, name), self.skipped)
        ]

    def _class_folders(self, folder: str) -> Dict[int, str]:
        """Label -> the name of its folder."""
        space = self.native_space
        classes: Dict[int, str] = {}
        for name in sorted(os.listdir(folder)):
            if name.startswith('.') or not osp.isdir(osp.join(folder, name)):
                continue
            if name in list('0123456'):
                label = int(name)
            elif name in space:
                label = space.index(name)
            else:
                raise AnnotationError(
                    'a folder that is no class of FER2013', folder,
                    value=name, hint=f'one of {list(space.classes)}')
            if label in classes:
                raise AnnotationError(
                    'two folders of one class', folder,
                    value=[classes[label], name])
            classes[label] = name
        absent = [c for i, c in enumerate(space.classes) if i not in classes]
        if absent:
            raise AnnotationError('class folders are missing', folder,
                                  value=absent)
        return classes
