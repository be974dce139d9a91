# Copyright (c) mmfer contributors.
import os
import os.path as osp
from operator import itemgetter
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.dist import is_main_process
from rich.progress import track

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .arrays import read_npy, read_npy_text, to_array
from .base_fer_dataset import BaseFERDataset
from .tables import (read_csv, require_file, require_folder, to_float,
                     to_int)

# Classes of the files that are no expressions.
_NO_EXPRESSION = {8: 'none', 9: 'uncertain', 10: 'non-face'}
_NUMBERS = ('valence', 'arousal', 'face_x', 'face_y', 'face_width',
            'face_height')
_numbers = itemgetter(*_NUMBERS)
_COLUMNS = ('subDirectory_filePath', 'facial_landmarks', 'expression',
            *_NUMBERS)
_CHUNK = 4096
# image path, label, floats
SAMPLE = Tuple[str, int, np.ndarray]


def _count(skipped: Dict[str, int], label: int) -> None:
    name = _NO_EXPRESSION[label]
    skipped[name] = skipped.get(name, 0) + 1


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
    counted. The release of 2021 holds four small files an image, read one by
    one at every start: expect minutes for the training split.

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
            68 points; :meth:`get_data_info` unpacks them. Kept as separate
            arrays they would triple the time to load.
        """
        skipped: Dict[str, int] = {}
        read = self._read_csv if self.release == '2017' else self._read_npys
        samples = [
            dict(img_path=path, gt_label=label, floats=floats.tobytes())
            for path, label, floats in read(skipped)
        ]
        self.dropped.update(skipped)
        va = np.array([
            np.frombuffer(sample['floats'], np.float32, 2)
            for sample in samples
        ]).reshape(-1, 2)
        unknown = int(np.isnan(va).any(1).sum())
        self.notes = [
            f'release {self.release}',
            f'valence or arousal unknown for {unknown} of {len(samples)}'
        ]
        return samples

    def get_data_info(self, idx: int) -> dict:
        """The annotation of a sample, with its arrays unpacked."""
        info = super().get_data_info(idx)
        floats = np.frombuffer(info.pop('floats'), dtype=np.float32).copy()
        info['gt_va'] = floats[:2]
        if self.release == '2017':
            info['gt_bboxes'] = floats[None, 2:6]
        info['gt_landmarks'] = floats[-136:].reshape(68, 2)
        return info

    def _read_csv(self, skipped: Dict[str, int]) -> Iterator[SAMPLE]:
        path = require_file(
            self.ann_file, "AffectNet, release='2017', wants training.csv and "
            'validation.csv in data_root; ann_file= names another place')
        images = require_folder(self.img_prefix,
                                'data_prefix= names another image folder')
        chunk: List[Tuple[int, int, Dict[str, str]]] = []
        for line, row in read_csv(path, _COLUMNS):
            label = to_int(row['expression'], 'the expression', path, line, 0,
                           10)
            if label in _NO_EXPRESSION:
                _count(skipped, label)
                continue
            chunk.append((line, label, row))
            if len(chunk) == _CHUNK:
                yield from self._parse(chunk, path, images)
                chunk.clear()
        if chunk:
            yield from self._parse(chunk, path, images)

    def _parse(self, chunk: Sequence[Tuple[int, int, Dict[str, str]]],
               path: str, images: str) -> Iterator[SAMPLE]:
        """Samples from rows of the CSV file."""
        lines = [line for line, _, _ in chunk]
        texts = [';'.join(_numbers(row)) for _, _, row in chunk]
        numbers = to_array(texts, lines, ';'.join(_NUMBERS), path,
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
        points = to_array([row['facial_landmarks'] for _, _, row in chunk],
                          lines, 'facial_landmarks', path, 136, ';')
        floats = np.concatenate([numbers, points], axis=1)
        for (line, label, row), values in zip(chunk, floats):
            if not row['subDirectory_filePath']:
                raise AnnotationError('no image path', path, line)
            yield f"{images}/{row['subDirectory_filePath']}", label, values

    def _read_npys(self, skipped: Dict[str, int]) -> Iterator[SAMPLE]:
        folder = 'train_set' if self.split == 'train' else 'val_set'
        root = osp.join(self.data_root, folder)
        remedy = "AffectNet, release='2021', wants train_set and val_set"
        folder = require_folder(osp.join(root, 'annotations'), remedy)
        images = require_folder(osp.join(root, 'images'), remedy)
        names = sorted(
            (f[:-8] for f in os.listdir(folder) if f.endswith('_exp.npy')),
            key=lambda name: (len(name), name))
        for name in track(names, f'AffectNet, {self.split}',
                          disable=not is_main_process()):
            stem = osp.join(folder, name)
            path = f'{stem}_exp.npy'
            label = to_int(
                read_npy_text(path), 'the expression', path, None, 0, 10)
            if label in _NO_EXPRESSION:
                _count(skipped, label)
                continue
            va = [
                _read_va(f'{stem}_val.npy', 'valence'),
                _read_va(f'{stem}_aro.npy', 'arousal')
            ]
            points = _read_points(f'{stem}_lnd.npy')
            yield f'{images}/{name}.jpg', label, np.append(
                np.float32(va), points)
