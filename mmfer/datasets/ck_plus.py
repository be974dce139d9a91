# Copyright (c) mmfer contributors.
import os
import os.path as osp
import re
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.logging import MMLogger

from mmfer.errors import MissingFileError
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError, LabelSpace, au_names
from .base_fer_dataset import BaseFERDataset
from .ck_plus_files import (NUM_LANDMARKS, read_action_units, read_emotion,
                            read_landmarks)
from .folders import subfolders
from .folds import check_fold, take_subject_fold
from .tables import require_folder

_FRAME = re.compile(r'S\d{3}_\d{3}_\d{8}\.png')
_EMOTION = re.compile(r'(S\d{3}_\d{3}_\d{8})_emotion\.txt')
_OPTIONAL = ('FACS', 'Landmarks')
# Labelled sequences per class.
_SEQUENCES = dict(
    anger=45,
    contempt=18,
    disgust=59,
    fear=25,
    happiness=69,
    sadness=28,
    surprise=83)


@DATASETS.register_module()
class CKPlus(BaseFERDataset):
    """CK+ in its official tree: sequences from a neutral face to a peak.

    Lucey et al., *The Extended Cohn-Kanade Dataset (CK+)*, CVPR Workshops
    2010, https://doi.org/10.1109/CVPRW.2010.5543262.

    ::

        data_root
        ├── cohn-kanade-images/S005/001/S005_001_00000011.png ...
        ├── Emotion/S005/001/S005_001_00000011_emotion.txt
        ├── FACS/S005/001/S005_001_00000011_facs.txt
        └── Landmarks/S005/001/S005_001_00000011_landmarks.txt

    The 327 sequences with an emotion file are read. ``FACS`` and
    ``Landmarks`` are read where the folder is there; a file missing in it
    leaves NaN and is counted in the notes. FACS codes were given to the peak
    frame and are taken over for the other frames of the same label; the
    first frame gets NaN. A unit that was seen but not graded (intensity 0 in
    the file) counts as present, and as NaN where intensities are asked for.

    CK+ has no official split; the folds are our own, subject-disjoint, see
    :func:`~mmfer.datasets.folds.subject_folds`.

    Args:
        data_root (str): The folder above.
        split (str): ``'test'`` is one fold, ``'train'`` the others, ``'all'``
            everything. Defaults to ``'train'``.
        fold (int): The number of the test fold. Defaults to 0.
        num_folds (int): The number of folds. Defaults to 10.
        last_frames (int): How many frames up to the peak carry the label of
            the sequence. Defaults to 3.
        neutral (bool): Whether the first frame of each labelled sequence is
            added as neutral; the label order is then ``ckplus``, else
            ``ckplus7``. Defaults to False.
        au_set (str or Sequence[int]): The action units of ``gt_au``, a key
            of ``AU_SETS`` or FACS numbers. Defaults to ``'ckplus'``.
        au_intensity (bool): Whether ``gt_au`` holds intensities from 0 to 5
            instead of occurrence in {0, 1}. Defaults to False.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``fold`` or ``last_frames`` is out of range.
        AnnotationError: If a file is malformed or a sequence is too short.
        FileNotFoundError: If a folder or the frames of a sequence are
            missing.
    """

    SPLITS = ('train', 'test', 'all')

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 fold: int = 0,
                 num_folds: int = 10,
                 last_frames: int = 3,
                 neutral: bool = False,
                 au_set: Union[str, Sequence[int]] = 'ckplus',
                 au_intensity: bool = False,
                 **kwargs: Any) -> None:
        if last_frames < 1:
            raise ValueError(f'last_frames must be positive, got '
                             f'{last_frames!r}')
        self.fold, self.num_folds = check_fold(fold, num_folds), num_folds
        self.last_frames, self.neutral = last_frames, neutral
        names = au_names(au_set)
        self.au_units = [int(name[2:]) for name in names]
        self.au_intensity = au_intensity
        metainfo = dict(kwargs.pop('metainfo', None) or {})
        if osp.isdir(osp.join(data_root, 'FACS')):
            metainfo['au_names'] = names
        super().__init__(
            data_root=data_root, split=split, metainfo=metainfo, **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The official order, without neutral where it is not read."""
        return LabelSpace.get('ckplus' if self.neutral else 'ckplus7')

    def official_counts(self) -> Optional[Dict[str, int]]:
        """The official samples per class for split ``'all'``."""
        if self.split != 'all':
            return None
        official = {c: n * self.last_frames for c, n in _SEQUENCES.items()}
        if self.neutral:
            official['neutral'] = sum(_SEQUENCES.values())
        return {c: official.get(c, 0) for c in self.label_space.classes}

    def load_samples(self) -> List[dict]:
        """Read the labelled sequences and keep those of the split."""
        for folder in ('cohn-kanade-images', 'Emotion'):
            require_folder(
                osp.join(self.data_root, folder),
                'CKPlus wants the official tree, cohn-kanade-images and '
                'Emotion; for CK+48 use CKPlus48')
        # Files missing in those of the optional folders that exist.
        self._missing = {
            name: 0
            for name in _OPTIONAL if osp.isdir(osp.join(self.data_root, name))
        }
        samples = []
        emotion = osp.join(self.data_root, 'Emotion')
        for subject in subfolders(emotion, ''):
            for sequence in subfolders(osp.join(emotion, subject), ''):
                samples += self._read_sequence(subject, sequence)
        if not samples:
            raise AnnotationError('no emotion file in it', emotion,
                                  hint='unpack the emotion labels there')
        first = 'added as neutral' if self.neutral else 'left out'
        self.notes = [
            f'last {self.last_frames} frames of each labelled sequence; '
            f'first frame {first}'
        ]
        samples = take_subject_fold(samples, self.split, self.fold,
                                    self.num_folds, self.notes)
        self._note_missing()
        return samples

    def _note_missing(self) -> None:
        self.notes += [
            f'{name}: {self._missing[name]} files missing' if name in
            self._missing else f'{name}: folder absent, not read'
            for name in _OPTIONAL
        ]
        MMLogger.get_current_instance().info(
            f'CKPlus, {self.split}: {"; ".join(self.notes[-2:])}')

    def _read_sequence(self, subject: str, sequence: str) -> List[dict]:
        """The samples of a sequence; none if it has no emotion file."""
        folder = osp.join(self.data_root, 'Emotion', subject, sequence)
        files = [n for n in sorted(os.listdir(folder)) if n.endswith('.txt')]
        if not files:
            return []
        match = _EMOTION.fullmatch(files[0])
        if len(files) > 1 or match is None or not files[0].startswith(
                f'{subject}_{sequence}_'):
            raise AnnotationError(
                'one file named SUBJECT_SEQUENCE_FRAME_emotion.txt belongs '
                'here', folder, None, files)
        peak = match.group(1)
        label = read_emotion(osp.join(folder, files[0])) - 1 + self.neutral
        images, frames = self._frames(subject, sequence, peak)
        units = self._units(subject, sequence, peak)
        taken = [(name, label, units) for name in frames[-self.last_frames:]]
        if self.neutral:
            taken.insert(0, (frames[0], 0, np.full_like(units, np.nan)))
        samples = []
        for name, index, values in taken:
            sample = dict(
                img_path=osp.join(images, name),
                gt_label=index,
                subject=subject)
            if 'FACS' in self._missing:
                sample['gt_au'] = values
            if 'Landmarks' in self._missing:
                sample['gt_landmarks'] = self._landmarks(
                    subject, sequence, name[:-len('.png')])
            samples.append(sample)
        return samples

    def _frames(self, subject: str, sequence: str,
                peak: str) -> Tuple[str, List[str]]:
        """The image folder of a sequence and its frames up to the peak."""
        folder = require_folder(
            osp.join(self.data_root, 'cohn-kanade-images', subject, sequence),
            'unpack all of cohn-kanade-images, the sequence has a label')
        frames = sorted(n for n in os.listdir(folder) if _FRAME.fullmatch(n))
        if f'{peak}.png' not in frames:
            raise MissingFileError(f'{osp.join(folder, peak)}.png: the '
                                   'labelled frame is missing',
                                   hint='unpack all of cohn-kanade-images')
        frames = frames[:frames.index(f'{peak}.png') + 1]
        if len(frames) < self.last_frames + self.neutral:
            raise AnnotationError(
                f'the sequence is shorter than {self.last_frames} labelled '
                f'frames and {int(self.neutral)} neutral', folder, None,
                len(frames), 'set last_frames to a smaller number')
        return folder, frames

    def _units(self, subject: str, sequence: str, peak: str) -> np.ndarray:
        """The action units of a sequence, NaN where they are not known."""
        path = osp.join(self.data_root, 'FACS', subject, sequence,
                        f'{peak}_facs.txt')
        if self._lacks('FACS', path):
            return np.full(len(self.au_units), np.nan, dtype=np.float32)
        return read_action_units(path, self.au_units, self.au_intensity)

    def _landmarks(self, subject: str, sequence: str,
                   frame: str) -> np.ndarray:
        """The landmarks of a frame, NaN where they are not known."""
        path = osp.join(self.data_root, 'Landmarks', subject, sequence,
                        f'{frame}_landmarks.txt')
        if self._lacks('Landmarks', path):
            return np.full((NUM_LANDMARKS, 2), np.nan, dtype=np.float32)
        return read_landmarks(path)

    def _lacks(self, folder: str, path: str) -> bool:
        """Whether a file is missing; counted where its folder exists."""
        lacks = not osp.isfile(path)
        if lacks and folder in self._missing:
            self._missing[folder] += 1
        return lacks
