# Copyright (c) mmfer contributors.
import os
import os.path as osp
from itertools import compress
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .annotation_cache import AnnotationCache
from .arrays import read_npy, read_npy_text, to_array
from .base_fer_dataset import BaseFERDataset
from .folders import existing_path
from .tables import (read_csv_columns, require_file, require_folder,
                     to_float, to_int)

# Classes of the files that are no expressions.
_NO_EXPRESSION = {8: 'none', 9: 'uncertain', 10: 'non-face'}
_NUMBERS = ('valence', 'arousal', 'face_x', 'face_y', 'face_width',
            'face_height')
_COLUMNS = ('subDirectory_filePath', 'facial_landmarks', 'expression',
            *_NUMBERS)
# A row of the release of 2021: the class (0 to 10), and valence, arousal and
# the points.
_ROW = np.dtype([('label', np.int64), ('floats', np.float32, (138, ))])
# Image paths, labels, and floats, a row a sample.
SAMPLES = Tuple[Sequence[str], Sequence[int], np.ndarray]


def _known_va(va: np.ndarray, file: str, lines: Sequence[Optional[int]]
              ) -> np.ndarray:
    """Valence and arousal, a row a sample, with NaN for the marker -2."""
    va = np.where(va == -2, np.nan, va).astype(np.float32)
    wrong = np.flatnonzero((np.abs(va) > 1).any(1))
    if wrong.size:
        raise AnnotationError('valence or arousal lies outside [-1, 1]', file,
                              lines[wrong[0]], va[wrong[0]].tolist())
    return va


def _read_va(path: str, name: str) -> float:
    """Valence or arousal, NaN for the marker -2."""
    value = to_float(read_npy_text(path), name, path, None, allow_nan=True)
    return float(_known_va(np.array([[value]]), path, [None])[0, 0])


def _read_points(path: str) -> np.ndarray:
    """The 68 points, float32 of shape ``(136, )``."""
    array = read_npy(path)
    if array.size != 136:
        raise AnnotationError('68 points belong here, found the shape', path,
                              value=array.shape)
    try:
        points = array.reshape(-1).astype(np.float32)
    except ValueError as error:
        raise AnnotationError('landmarks that are no numbers', path,
                              value=str(error)) from None
    if np.isinf(points).any():
        raise AnnotationError('landmarks that are not finite', path)
    return points


@DATASETS.register_module()
class AffectNet(BaseFERDataset):
    """AffectNet: faces from the web with expression, valence and arousal.

    Mollahosseini et al., *AffectNet: A Database for Facial Expression,
    Valence, and Arousal Computing in the Wild*, IEEE Transactions on
    Affective Computing 2019, https://arxiv.org/abs/1708.03985.

    ::

        data_root                            release='2017'
        ├── training.csv, validation.csv
        └── Manually_Annotated_Images        the paths named in the files

        data_root                            release='2021'
        ├── train_set
        │   ├── images/0.jpg
        │   └── annotations/0_exp.npy, 0_val.npy, 0_aro.npy, 0_lnd.npy
        └── val_set

    Samples carry ``gt_va`` (valence, arousal; the marker -2 becomes NaN), the
    68 points ``gt_landmarks`` and, in the release of 2017, the face box as
    ``gt_bboxes``; points and boxes are given as released, in pixels of the
    image. Rows of the classes none, uncertain and non-face are dropped and
    counted. The release of 2021 holds four small files an image. They are
    read one by one at the first start, minutes for the training split, and
    kept in one file for the next: see
    :class:`~mmfer.datasets.annotation_cache.AnnotationCache`.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'`` or ``'valid'``. Defaults to ``'train'``.
        release (str): ``'2017'`` (CSV files) or ``'2021'`` (NPY files).
            Defaults to ``'2021'``.
        **kwargs: See :class:`BaseFERDataset`. ``label_space='affectnet7'``
            leaves contempt out. For the release of 2017, ``ann_file`` names
            another CSV file and ``data_prefix`` another image folder.

    Raises:
        ValueError: If ``release`` is unknown.
        AnnotationError: If a row or a file is malformed.
        FileNotFoundError: If a folder or a file is missing.
    """

    LABEL_SPACE = 'affectnet8'
    SPLITS = ('train', 'valid')
    # Counted in a published list of the eight-class images.
    OFFICIAL_COUNTS = dict(
        train=dict(
            neutral=74874, happiness=134415, sadness=25459, surprise=14090,
            fear=6378, disgust=3803, anger=24882, contempt=3750),
        valid=dict(
            neutral=500, happiness=500, sadness=500, surprise=500, fear=500,
            disgust=500, anger=500, contempt=500))  # yapf: disable

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 release: str = '2021',
                 **kwargs: Any) -> None:
        if release not in ('2017', '2021'):
            raise ValueError("release must be '2017' or '2021', got "
                             f'{release!r}')
        self.release = release
        if release == '2017':
            kwargs.setdefault('data_prefix', 'Manually_Annotated_Images')
            kwargs.setdefault(
                'ann_file',
                'training.csv' if split == 'train' else 'validation.csv')
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the tables of the release.

        Returns:
            list[dict]: ``img_path``, ``gt_label`` and ``floats``, the bytes
            of a float32 array: valence, arousal, the box (2017 only) and the
            68 points; :meth:`unpack` unfolds them. Kept as separate
            arrays they would triple the time to load.
        """
        read = self._read_csv if self.release == '2017' else self._read_npys
        samples: List[dict] = []
        unknown = 0
        for paths, labels, floats in read():
            unknown += int(np.isnan(floats[:, :2]).any(1).sum())
            content = floats.tobytes()
            width = floats.itemsize * floats.shape[1]
            samples.extend(
                dict(img_path=path, gt_label=label,
                     floats=content[i * width:(i + 1) * width])
                for i, (path, label) in enumerate(zip(paths, labels)))
        self.notes = [
            f'release {self.release}',
            f'valence or arousal unknown for {unknown} of {len(samples)}'
        ]
        return samples

    def unpack(self, info: dict) -> dict:
        """The annotation of a sample, with its arrays unpacked."""
        floats = np.frombuffer(info.pop('floats'), dtype=np.float32).copy()
        info['gt_va'] = floats[:2]
        if self.release == '2017':
            info['gt_bboxes'] = floats[None, 2:6]
        info['gt_landmarks'] = floats[-136:].reshape(68, 2)
        return info

    def _count_skipped(self, labels: np.ndarray) -> None:
        """Count the labels that stand for no expression."""
        for label, name in _NO_EXPRESSION.items():
            number = int((labels == label).sum())
            if number:
                self.dropped[name] = self.dropped.get(name, 0) + number

    def _read_csv(self) -> Iterator[SAMPLES]:
        path = require_file(
            self.ann_file, "AffectNet, release='2017', wants training.csv and "
            'validation.csv in data_root; ann_file= names another place')
        images = require_folder(self.img_prefix,
                                'data_prefix= names another image folder')
        known: Dict[str, int] = {}
        for lines, columns in read_csv_columns(path, _COLUMNS):
            texts = columns['expression']
            for text in dict.fromkeys(texts):
                if text not in known:
                    known[text] = to_int(text, 'the expression', path,
                                         lines[texts.index(text)], 0, 10)
            labels = np.array([known[text] for text in texts])
            self._count_skipped(labels)
            keep = (labels < 8).tolist()
            lines = list(compress(lines, keep))
            if not lines:
                continue
            kept = {name: list(compress(columns[name], keep))
                    for name in _COLUMNS}
            names = kept['subDirectory_filePath']
            if '' in names:
                raise AnnotationError('no image path', path,
                                      lines[names.index('')])
            yield ([existing_path(f'{images}/{name}') for name in names],
                   labels[labels < 8].tolist(),
                   self._parse(kept, lines, path))

    @staticmethod
    def _parse(columns: Dict[str, List[str]], lines: Sequence[int],
               path: str) -> np.ndarray:
        """Valence, arousal, the box (x1, y1, x2, y2) and the points, float32
        of shape ``(N, 142)``."""
        texts = map(';'.join, zip(*(columns[name] for name in _NUMBERS)))
        numbers = to_array(list(texts), lines, ';'.join(_NUMBERS), path,
                           len(_NUMBERS), ';')
        numbers[:, :2] = _known_va(numbers[:, :2], path, lines)
        boxes = numbers[:, 2:]
        wrong = np.flatnonzero(~((boxes[:, 2:] > 0).all(1)
                                 & ~np.isnan(boxes).any(1)))
        if wrong.size:
            raise AnnotationError('a face box unknown or without extent',
                                  path, lines[wrong[0]],
                                  boxes[wrong[0]].tolist())
        numbers[:, 4:] += numbers[:, 2:4]
        points = to_array(columns['facial_landmarks'], lines,
                          'facial_landmarks', path, 136, ';')
        return np.concatenate([numbers, points], axis=1)

    def _read_npys(self) -> Iterator[SAMPLES]:
        folder = 'train_set' if self.split == 'train' else 'val_set'
        root = osp.join(self.data_root, folder)
        hint = "AffectNet, release='2021', wants train_set and val_set"
        folder = require_folder(osp.join(root, 'annotations'), hint)
        images = require_folder(osp.join(root, 'images'), hint)
        names, rows = AnnotationCache(folder).get(
            lambda: self._names(folder),
            lambda name: self._read_files(osp.join(folder, name)), _ROW,
            f'AffectNet, {self.split}, read once')
        self._count_skipped(rows['label'])
        keep = rows['label'] < 8
        yield ([f'{images}/{name}.jpg' for name in names[keep]],
               rows['label'][keep].tolist(), rows['floats'][keep])

    @staticmethod
    def _names(folder: str) -> List[str]:
        return sorted(
            (f[:-8] for f in os.listdir(folder) if f.endswith('_exp.npy')),
            key=lambda name: (len(name), name))

    @staticmethod
    def _read_files(stem: str) -> Tuple[int, np.ndarray]:
        """The row of an image; without expression its floats are zero."""
        path = f'{stem}_exp.npy'
        label = to_int(
            read_npy_text(path), 'the expression', path, None, 0, 10)
        floats = np.zeros(138, dtype=np.float32)
        if label < 8:
            floats[0] = _read_va(f'{stem}_val.npy', 'valence')
            floats[1] = _read_va(f'{stem}_aro.npy', 'arousal')
            floats[2:] = _read_points(f'{stem}_lnd.npy')
        return label, floats
