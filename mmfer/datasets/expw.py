# Copyright (c) mmfer contributors.
import hashlib
import os.path as osp
from typing import Any, List, Optional, Tuple

import numpy as np

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .base_fer_dataset import BaseFERDataset
from .tables import read_rows, require_file, require_folder, to_float, to_int

# split -> the part of [0, 1) that it takes
_PARTS = dict(
    train=(0., 0.75), valid=(0.75, 0.85), test=(0.85, 1.), all=(0., 1.))


@DATASETS.register_module()
class ExpW(BaseFERDataset):
    """ExpW: faces found on the web by emotion words.

    Zhang et al., *From Facial Expression Recognition to Interpersonal
    Relation Prediction*, IJCV 2018, https://arxiv.org/abs/1609.06426.

    ::

        data_root
        ├── label.lst           or label/label.lst
        └── image
            └── origin          angry_actor_104.jpg ...

    A row of ``label.lst`` reads image name, face number in the image, box as
    top, left, right, bottom, confidence of the box, label. The box goes along
    as ``gt_bboxes`` in the order left, top, right, bottom, so that the images
    can be cropped by ``FaceAlign``.

    ExpW has no official split. This one is our choice: an image, with all its
    faces, goes to train, valid or test (75, 10, 15 %) by the SHA-256 of
    ``split_seed`` and its name. It depends neither on the order of the rows
    nor on ``min_confidence``.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'``, ``'valid'``, ``'test'`` or ``'all'``.
            Defaults to ``'train'``.
        min_confidence (float): Faces whose box has a lower confidence are
            left out and counted. Defaults to 0.
        image_folder (str, optional): Where the images are, below
            ``data_root``. Defaults to None, ``image/origin`` if it is there,
            else ``image``.
        split_seed (int): The seed of the split. Defaults to 0.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        AnnotationError: If a row is malformed.
        FileNotFoundError: If the list or the image folder is missing.
    """

    LABEL_SPACE = 'expw'
    SPLITS = ('train', 'valid', 'test', 'all')

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 min_confidence: float = 0.,
                 image_folder: Optional[str] = None,
                 split_seed: int = 0,
                 **kwargs: Any) -> None:
        self.min_confidence = min_confidence
        self.image_folder = image_folder
        self.split_seed = split_seed
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the rows and keep those of the split."""
        path = osp.join(self.data_root, 'label.lst')
        if not osp.isfile(path):
            path = osp.join(self.data_root, 'label', 'label.lst')
        require_file(path, 'ExpW wants data_root/label.lst or '
                     'data_root/label/label.lst')
        folder = self._find_images()
        low, high = _PARTS[self.split]
        samples, unsure = [], 0
        for line, cells in read_rows(path, (8, )):
            sample, confidence = self._parse(cells, path, line)
            if not low <= self._place(cells[0]) < high:
                continue
            if confidence < self.min_confidence:
                unsure += 1
                continue
            sample['img_path'] = osp.join(folder, cells[0])
            samples.append(sample)
        self.notes = [
            f'split by mmfer, 75/10/15 % of the images, seed '
            f'{self.split_seed}',
            f'{unsure} faces with confidence below {self.min_confidence} '
            'left out'
        ]
        return samples

    def _find_images(self) -> str:
        """The folder of the images."""
        name = self.image_folder
        if name is None:
            nested = osp.isdir(osp.join(self.data_root, 'image', 'origin'))
            name = osp.join('image', 'origin') if nested else 'image'
        return require_folder(
            osp.join(self.data_root, name),
            'unpack the images to image/origin or set image_folder')

    def _parse(self, cells: List[str], path: str,
               line: int) -> Tuple[dict, float]:
        """The sample of a row, without its path, and the confidence."""
        top, left, right, bottom = (
            to_float(cell, f'box {name}', path, line)
            for name, cell in zip(('top', 'left', 'right',
                                   'bottom'), cells[2:6]))
        if right <= left or bottom <= top:
            raise AnnotationError(
                'an empty box, the order is top, left, right, bottom', path,
                line, ' '.join(cells[2:6]))
        confidence = to_float(cells[6], 'the confidence', path, line)
        label = to_int(cells[7], 'the label', path, line, 0, 6)
        box = np.array([[left, top, right, bottom]], dtype=np.float32)
        return dict(gt_label=label, gt_bboxes=box), confidence

    def _place(self, name: str) -> float:
        """Where an image lies in [0, 1), the same for all its faces."""
        digest = hashlib.sha256(f'{self.split_seed}:{name}'.encode()).digest()
        return int.from_bytes(digest[:6], 'big') / 2**48
