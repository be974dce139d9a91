# Copyright (c) mmfer contributors.
import json
import os.path as osp
from typing import Any, Dict, Iterator, List

import numpy as np

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .base_fer_dataset import BaseFERDataset
from .folders import images_in, subfolders
from .folds import check_fold, take_subject_fold
from .known_values import known_values
from .tables import parse_number


@DATASETS.register_module()
class AFEWVA(BaseFERDataset):
    """AFEW-VA: clips from films with valence and arousal of every frame.

    Kossaifi et al., *AFEW-VA database for valence and arousal estimation
    in-the-wild*, Image and Vision Computing 2017,
    https://doi.org/10.1016/j.imavis.2017.02.001.

    ::

        data_root
        ├── 001/001.json, 001/00000.png, 001/00001.png ...
        └── 002/...

    The clips may lie one folder deeper, as in the archives of the release.
    ``frames[FRAME].valence`` and ``.arousal``, from -10 to 10, are divided by
    10. ``landmarks`` of 68 points in pixels, where all frames have them,
    become ``gt_landmarks``, and ``actor`` is the subject. There are no
    expressions: samples have no ``gt_label``.

    AFEW-VA has no official split. The folds are ours, by actor, or by clip
    where no actor is named, see :func:`~mmfer.datasets.folds.subject_folds`.
    mmfer knows no verified official counts.

    Args:
        data_root (str): The folder above.
        split (str): ``'test'`` is one fold, ``'train'`` the others, ``'all'``
            everything. Defaults to ``'train'``.
        fold (int): The number of the test fold. Defaults to 0.
        num_folds (int): The number of folds. Defaults to 5.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``fold`` is out of range.
        AnnotationError: If a file is malformed or a frame has no picture.
        FileNotFoundError: If the folder is missing.
    """

    LABEL_SPACE = 'affectnet8'
    SPLITS = ('train', 'test', 'all')

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 fold: int = 0,
                 num_folds: int = 5,
                 **kwargs: Any) -> None:
        self.fold, self.num_folds = check_fold(fold, num_folds), num_folds
        super().__init__(data_root=data_root, split=split, **kwargs)

    def load_samples(self) -> List[dict]:
        """Read the clips and keep those of the split."""
        clips = self._clips()
        samples = [s for path in clips for s in self._read_clip(path)]
        self.notes = [f'{len(clips)} clips, official counts unknown']
        if not all('gt_landmarks' in sample for sample in samples):
            for sample in samples:
                sample.pop('gt_landmarks', None)
        return take_subject_fold(samples, self.split, self.fold,
                                 self.num_folds, self.notes, person='actor')

    def _clips(self) -> List[str]:
        """The annotation files ``CLIP/CLIP.json``, sorted."""
        hint = 'AFEW-VA wants CLIP/CLIP.json in data_root'
        found = []
        for name in subfolders(self.data_root, hint):
            folder = osp.join(self.data_root, name)
            for clip in (folder, *(osp.join(folder, inner)
                                   for inner in subfolders(folder, ''))):
                path = osp.join(clip, f'{osp.basename(clip)}.json')
                if osp.isfile(path):
                    found.append(path)
        if not found:
            raise AnnotationError('no clip', self.data_root, hint=hint)
        return found

    def _read_clip(self, path: str) -> Iterator[dict]:
        with open(path, encoding='utf-8') as file:
            try:
                content = json.load(file)
                frames: Dict[str, dict] = dict(sorted(
                    content['frames'].items()))
                va = np.array([[parse_number(str(frame['valence'])),
                                parse_number(str(frame['arousal']))]
                               for frame in frames.values()]).reshape(-1, 2)
                points = [np.array(frame.get('landmarks', ()), np.float32)
                          for frame in frames.values()]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise AnnotationError(
                    'no annotation of AFEW-VA', path, value=repr(error),
                    hint='it must hold frames, each with valence and '
                    'arousal') from None
        va = known_values(va, (), (-10, 10), 'valence, arousal', path,
                          range(1, len(va) + 1)) / 10
        folder = osp.dirname(path)
        images = {osp.splitext(osp.basename(image))[0]: image
                  for image in images_in(folder, self.skipped)}
        for name, row, shape in zip(frames, va, points):
            if name not in images:
                raise AnnotationError('a frame without picture', path,
                                      value=name,
                                      hint='unpack all of the clip')
            sample = dict(img_path=images[name], gt_va=row,
                          subject=str(content.get('actor') or
                                      osp.basename(folder)))
            if shape.shape == (68, 2):
                sample['gt_landmarks'] = shape
            yield sample
