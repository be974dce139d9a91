# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from mmengine.logging import MMLogger

from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .base_fer_dataset import BaseFERDataset
from .tables import is_unknown, read_csv, read_rows, require_folder, to_int

# The columns of votes, in the order of label.csv.
_VOTES = ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust',
          'fear', 'contempt', 'unknown', 'NF')
# split -> (image folder, "Usage" in fer2013new.csv)
_FOLDERS = dict(
    train=('FER2013Train', 'Training'),
    valid=('FER2013Valid', 'PublicTest'),
    test=('FER2013Test', 'PrivateTest'))


@DATASETS.register_module()
class FERPlus(BaseFERDataset):
    """FERPlus: FER2013 faces, each tagged by ten annotators.

    Barsoum et al., *Training Deep Networks for Facial Expression Recognition
    with Crowd-Sourced Label Distribution*, ICMI 2016,
    https://arxiv.org/abs/1608.01041.

    ::

        data_root
        ├── data
        │   ├── FER2013Train   fer0000000.png ... label.csv
        │   ├── FER2013Valid
        │   └── FER2013Test
        └── fer2013new.csv

    Every sample keeps its ten vote counts (eight expressions, unknown, not a
    face) as ``votes``. ``label.csv`` and ``fer2013new.csv`` disagree for
    1,601 images, so the source is an explicit choice.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'``, ``'valid'`` or ``'test'``; only the asked
            one has to be on disk. Defaults to ``'train'``.
        target (str): ``'majority'``: the most voted expression (the first in
            the official order where two are equal); ``'distribution'``: the
            same label, and the shares of the votes as ``gt_score``. Defaults
            to ``'majority'``.
        drop (str): Which images to leave out. ``'official'``, the rule of the
            authors' released code: single votes are outliers and set to zero,
            then the image is kept if one expression holds more than half of
            the remaining votes, those for unknown and not-a-face counted in.
            ``'unusable'``: keep whatever has more votes for some expression
            than for unknown and for not-a-face. Defaults to ``'official'``.
        votes_from (str): ``'label.csv'`` in the image folder or
            ``'fer2013new.csv'``. Defaults to ``'label.csv'``.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        AnnotationError: If a row is malformed.
        FileNotFoundError: If the folder of the split is missing.
    """

    LABEL_SPACE = 'ferplus'
    SPLITS = ('train', 'valid', 'test')
    # Measured with drop='official' and votes_from='label.csv'.
    OFFICIAL_COUNTS = dict(
        train=dict(
            neutral=8733, happiness=7284, surprise=3136, sadness=3022,
            anger=2098, disgust=116, fear=536, contempt=120),
        valid=dict(
            neutral=1180, happiness=862, surprise=411, sadness=348,
            anger=289, disgust=25, fear=60, contempt=16))  # yapf: disable

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 target: str = 'majority',
                 drop: str = 'official',
                 votes_from: str = 'label.csv',
                 **kwargs: Any) -> None:
        for name, value, known in (('target', target, ('majority',
                                                       'distribution')),
                                   ('drop', drop, ('official', 'unusable')),
                                   ('votes_from', votes_from,
                                    ('label.csv', 'fer2013new.csv'))):
            if value not in known:
                raise ValueError(f'{name} must be one of {known}, got '
                                 f'{value!r}')
        self.target, self.drop, self.votes_from = target, drop, votes_from
        super().__init__(data_root=data_root, split=split, **kwargs)

    def official_counts(self) -> Optional[Dict[str, int]]:
        """The measured counts, or None under another rule or vote file."""
        if self.drop != 'official' or self.votes_from != 'label.csv':
            return None
        return super().official_counts()

    def load_samples(self) -> List[dict]:
        """Read the votes and apply the drop rule."""
        folder = require_folder(
            osp.join(self.data_root, 'data', _FOLDERS[self.split][0]),
            'FERPlus wants the official tree, data/FER2013Train and so on')
        names, votes = self._read_votes(folder)
        cleaned, keep = self._select(votes)
        self.notes = [
            f'votes from {self.votes_from}', f'target {self.target}',
            f'drop rule {self.drop}: {int((~keep).sum())} of {len(keep)} '
            'images left out'
        ]
        self._tell_absent_splits()
        samples = []
        for i in np.flatnonzero(keep):
            sample = dict(
                img_path=osp.join(folder, names[i]),
                gt_label=int(cleaned[i, :8].argmax()),
                votes=votes[i].astype(np.uint8))
            if self.target == 'distribution':
                sample['gt_score'] = cleaned[i, :8]
            samples.append(sample)
        return samples

    def _read_votes(self, folder: str) -> Tuple[List[str], np.ndarray]:
        names, votes = [], []
        if self.votes_from == 'label.csv':
            path = osp.join(folder, 'label.csv')
            rows = ((line, cells[0], cells[2:])
                    for line, cells in read_rows(path, (12, ), ','))
        else:
            path = osp.join(self.data_root, 'fer2013new.csv')
            usage = _FOLDERS[self.split][1].lower()
            rows = ((line, row['Image name'], [row[name] for name in _VOTES])
                    for line, row in read_csv(
                        path, ('Usage', 'Image name', *_VOTES))
                    if row['Usage'].lower() == usage
                    and not is_unknown(row['Image name']))
        for line, name, cells in rows:
            counts = [to_int(c, 'a vote', path, line, 0, 10) for c in cells]
            if sum(counts) == 0:
                raise AnnotationError('ten vote counts, not all zero, belong '
                                      'here', path, line, cells)
            names.append(name)
            votes.append(counts)
        if not names:
            raise AnnotationError(f'no votes for split {self.split!r}', path)
        return names, np.array(votes, dtype=np.float32)

    def _select(self, votes: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Votes after cleaning, ``(N, 10)``, and which rows to keep."""
        if self.drop == 'unusable':
            return votes, votes[:, :8].max(1) > votes[:, 8:].max(1)
        cleaned = np.where(votes > 1, votes, 0)
        most = cleaned.max(1)
        keep = (most > 0.5 * cleaned.sum(1)) & (cleaned.argmax(1) < 8)
        return cleaned, keep

    def _tell_absent_splits(self) -> None:
        absent = [
            name for name, (folder, _) in _FOLDERS.items()
            if not osp.isdir(osp.join(self.data_root, 'data', folder))
        ]
        if absent:
            MMLogger.get_current_instance().info(
                f'FERPlus: split {self.split} is read; on this disk the '
                f'folder of {absent} is absent, which only matters when that '
                'split is asked for')
