# Copyright (c) mmfer contributors.
import os.path as osp
import re
from typing import (Any, Dict, Iterator, List, Optional, Sequence, Tuple,
                    Union)

import numpy as np
from mmengine.logging import MMLogger

from mmfer.errors import MissingFileError
from mmfer.structures import (AnnotationError, ImageError, LabelSpace,
                              au_names, au_occurrence, canonical_expression,
                              parse_au_string)
from .base_fer_dataset import BaseFERDataset
from .coding_sheet import UNKNOWN_FRAME, CodedClip, read_coding_sheet
from .folds import check_fold, take_subject_fold
from .transforms.clips.frame_source import (known_frames, nearest_frames,
                                            open_frames)

_DIGITS = re.compile(r'(\d+)(?:\.0)?$')


class MicroExpressionDataset(BaseFERDataset):
    """What the readers of micro-expression clips share.

    A sample is a clip, a folder of frames or a video file. It has no pixels:
    :class:`~mmfer.datasets.transforms.OpenClip` stands first in the pipeline.
    It holds

    - ``clip_path`` (str): the folder or file;
    - ``onset``, ``apex``, ``offset`` (int): numbers of frames, -1 where the
      sheet does not tell; ``OpenClip`` takes the first frame for an unknown
      onset, the last for an unknown offset, and the middle of both for an
      unknown apex;
    - ``gt_label``; ``gt_au`` by ``au_set``, NaN where no unit was coded;
    - ``subject``, keyed by the set, as ``'samm/006'``; ``source_set``, as
      ``'samm'``; ``fps`` where known.

    Args:
        data_root (str): The folder of the dataset.
        split (str): ``'all'``; ``'test'`` is one fold, ``'train'`` the
            others. Defaults to ``'all'``, for which a cross-validation sets
            ``subjects``.
        fold (int): The number of the test fold. Defaults to 0.
        num_folds (int): The number of subject-disjoint folds, ours, see
            :func:`~mmfer.datasets.folds.subject_folds`; as many as there are
            subjects leave one subject out. Defaults to 10.
        sheet (str, optional): The coding sheet below ``data_root``, ``.xlsx``
            or CSV. Defaults to None, its released name.
        clip_name (str, optional): Where a clip is below ``data_root``, with
            the fields ``{subject}``, ``{clip}`` and ``{emotion}``. Defaults
            to None, as in the release.
        three_classes (bool): Whether to take the classes of the MEGC 2019
            composite: negative, positive, surprise. Other clips are dropped
            and counted. Defaults to False.
        bad_frames (str): What to do where apex or offset lie outside of
            their order: ``'raise'`` an error, or ``'forget'`` them and count
            it. Defaults to ``'raise'``.
        lost_frames (str, optional): What to do with clips whose onset, apex
            or offset is no frame that is there, since the release lacks
            frames: ``'raise'`` an error when the clip is opened;
            ``'nearest'``: take the nearest frame that is there, and blend the
            neighbors of frames that are missing in between; ``'drop'``: leave
            out every clip that lacks a frame from onset to offset. Both count
            the clips. Only folders of frames are checked. Defaults to None,
            ``LOST_FRAMES`` of the dataset, ``'raise'`` for most.
        au_set (str or Sequence[int], optional): The action units of
            ``gt_au``. Defaults to None, those of the dataset.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If an argument is none of these.
        AnnotationError: If a row is malformed or stands there twice.
        FileNotFoundError: If the sheet or the first clip is missing.
    """

    SPLITS: Tuple[str, ...] = ('all', 'train', 'test')
    # The name of the set, how it calls a subject, given a number, and the
    # frames in a second.
    SOURCE_SET: str = ''
    SUBJECT: str = ''
    FPS: int = 0
    # The released names of sheet and clips.
    SHEET: str = ''
    CLIP_NAME: str = ''
    # The class of the composite that an emotion belongs to, if any.
    COMPOSITE: Dict[str, str] = {}
    UNITS: str = ''
    # What is done about frames that the release lacks.
    LOST_FRAMES: str = 'raise'

    def __init__(self,
                 data_root: str,
                 split: str = 'all',
                 fold: int = 0,
                 num_folds: int = 10,
                 sheet: Optional[str] = None,
                 clip_name: Optional[str] = None,
                 three_classes: bool = False,
                 bad_frames: str = 'raise',
                 lost_frames: Optional[str] = None,
                 au_set: Union[str, Sequence[int], None] = None,
                 **kwargs: Any) -> None:
        if bad_frames not in ('raise', 'forget'):
            raise ValueError("bad_frames must be 'raise' or 'forget', got "
                             f'{bad_frames!r}')
        if lost_frames not in (None, 'raise', 'nearest', 'drop'):
            raise ValueError("lost_frames must be 'raise', 'nearest' or "
                             f"'drop', got {lost_frames!r}")
        self.lost_frames = lost_frames or self.LOST_FRAMES
        if three_classes and not self.COMPOSITE:
            raise ValueError(f'{type(self).__name__} is no part of MEGC 2019 '
                             'and has no three_classes')
        self.fold, self.num_folds = check_fold(fold, num_folds), num_folds
        self.sheet = sheet or self.SHEET
        self.clip_name = clip_name or self.CLIP_NAME
        self.three_classes, self.bad_frames = three_classes, bad_frames
        names = au_names(au_set or self.UNITS)
        self.units = [int(name[2:]) for name in names]
        metainfo = dict(kwargs.pop('metainfo', None) or {}, au_names=names)
        super().__init__(
            data_root=data_root, split=split, metainfo=metainfo, **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The official order, or that of the composite."""
        return LabelSpace.get(
            'megc2019' if self.three_classes else self.LABEL_SPACE)

    @property
    def uses_folds(self) -> bool:
        """Whether the split is a part of a cross-validation."""
        return self.split != 'all'

    def official_counts(self) -> Optional[Dict[str, int]]:
        """Those of the emotions; None for the classes of the composite."""
        return None if self.three_classes else super().official_counts()

    def read_clips(self) -> Iterator[dict]:
        """The samples of the sheet, without those of no class."""
        yield from self.read_sheet(osp.join(self.data_root, self.sheet))

    def read_sheet(self, path: str) -> Iterator[dict]:
        """The samples of a sheet, without those of no class."""
        lines: Dict[tuple, int] = {}
        for row in read_coding_sheet(path):
            key = (row.subject, row.clip, row.onset)
            if key in lines:
                raise AnnotationError(
                    f'a clip that stands in line {lines[key]} already', path,
                    row.line, key, 'remove one of both rows')
            lines[key] = row.line
            sample = self.read_row(row, path)
            if sample is not None:
                yield sample

    def load_samples(self) -> List[dict]:
        """Read the sheet and keep the clips of the split."""
        self.notes = []
        self._forgotten = 0
        samples = list(self.read_clips())
        if self.lost_frames != 'raise':
            samples = self._find_lost_frames(samples)
        self._note_unknown(samples)
        if not self.uses_folds:
            return samples
        return take_subject_fold(samples, self.split, self.fold,
                                 self.num_folds, self.notes)

    def _find_lost_frames(self, samples: List[dict]) -> List[dict]:
        """The samples without those to drop, with ``lost_frames`` in those
        that lack frames; counts both."""
        kept: List[dict] = []
        there: Dict[str, np.ndarray] = {}
        moved = gaps = farthest = 0
        for sample in samples:
            path = sample.get('clip_path', '')
            if path not in there:
                there[path] = self._frames_in(path)
            numbers = there[path]
            frames = known_frames(numbers, sample) if len(numbers) else ()
            if not frames or not frames[0] <= frames[1] <= frames[2]:
                # No folder of frames, or an error that OpenClip explains.
                kept.append(sample)
                continue
            nearest = nearest_frames(numbers, frames)
            away = int(np.abs(nearest - frames).max())
            inside = ((numbers >= nearest[0]) & (numbers <= nearest[2])).sum()
            inner = bool(inside < nearest[2] - nearest[0] + 1)
            if not away and not inner:
                kept.append(sample)
            elif self.lost_frames == 'nearest' and inside > 1:
                kept.append(dict(sample, lost_frames='nearest'))
                moved, gaps = moved + bool(away), gaps + inner
                farthest = max(farthest, away)
        if moved or gaps:
            self.notes.append(
                f'lost frames: onset, apex or offset of {moved} of '
                f'{len(samples)} clips moved to the nearest frame, by at most '
                f'{farthest}; frames inside of {gaps} clips blended')
        if len(kept) < len(samples):
            self.notes.append(f'lost frames: {len(samples) - len(kept)} of '
                              f'{len(samples)} clips dropped')
        return kept

    @staticmethod
    def _frames_in(path: str) -> np.ndarray:
        """The numbers of the frames in a folder, none if it has none."""
        if osp.isdir(path):
            try:
                return open_frames(path).numbers
            except ImageError:
                pass
        return np.empty(0, dtype=np.int64)

    def _note_unknown(self, samples: List[dict]) -> None:
        rules = dict(onset='first frame', apex='middle of onset and offset',
                     offset='last frame')
        for name, rule in rules.items():
            number = sum(sample[name] == UNKNOWN_FRAME for sample in samples
                         if 'clip_path' in sample)
            if number:
                self.notes.append(f'{name} unknown in {number} of '
                                  f'{len(samples)} clips: {rule}')
        if self._forgotten:
            self.notes.append(f'apex or offset of {self._forgotten} clips '
                              'out of order, taken as unknown')
        for note in self.notes:
            MMLogger.get_current_instance().info(
                f'{type(self).__name__}, {self.split}: {note}')

    def read_row(self, row: CodedClip, path: str) -> Optional[dict]:
        """The sample of a row; None if it belongs to no class."""
        emotion = canonical_expression(self.emotion_name(row, path))
        label = self._label(emotion, path, row.line)
        if label is None:
            self.dropped[emotion] = self.dropped.get(emotion, 0) + 1
            return None
        onset, apex, offset = self.in_order(row, path).frames
        fields = dict(self.clip_fields(row, path), emotion=emotion)
        return dict(
            clip_path=self.clip_path(self.clip_name, fields),
            onset=onset, apex=apex, offset=offset,
            fps=self.FPS if row.fps == UNKNOWN_FRAME else row.fps,
            gt_label=label, gt_au=self.read_units(row.units, path, row.line),
            source_set=self.SOURCE_SET,
            subject=f'{self.SOURCE_SET}/{fields["subject"]}')

    def read_units(self, text: str, path: str, line: int) -> np.ndarray:
        """Action units in the order of ``au_set``, float32 ``(K, )``; NaN
        where none were coded."""
        if not text:
            return np.full(len(self.units), np.nan, dtype=np.float32)
        return au_occurrence(parse_au_string(text, path, line), self.units)

    def clip_path(self, clip_name: str, fields: Dict[str, str]) -> str:
        """Where a clip is.

        Raises:
            ValueError: If ``clip_name`` asks for something else than
                ``fields``.
        """
        try:
            name = clip_name.format(**fields)
        except (KeyError, IndexError):
            raise ValueError(f'clip_name is {clip_name!r}, but only '
                             f'{sorted(fields)} are known') from None
        return osp.join(self.data_root, name)

    def emotion_name(self, row: CodedClip, path: str) -> str:
        """The emotion of a row, in any known spelling."""
        return row.emotion

    def clip_fields(self, row: CodedClip, path: str) -> Dict[str, str]:
        """What ``clip_name`` may ask for: ``subject``, ``clip`` and more."""
        number = self.subject_number(row.subject, path, row.line)
        return dict(subject=self.SUBJECT.format(number), clip=row.clip)

    @staticmethod
    def subject_number(text: str, path: str, line: int) -> int:
        """The number at the end of a subject's name."""
        digits = _DIGITS.search(text)
        if digits is None:
            raise AnnotationError('a subject without number', path, line,
                                  text)
        return int(digits.group(1))

    def _label(self, emotion: str, path: str, line: int) -> Optional[int]:
        known = LabelSpace.get(self.LABEL_SPACE)
        if emotion not in known:
            raise AnnotationError('an unknown emotion', path, line, emotion,
                                  f'known are {list(known.classes)}')
        if not self.three_classes:
            return known.index(emotion)
        group = self.COMPOSITE.get(emotion)
        return None if group is None else self.native_space.index(group)

    def in_order(self, row: CodedClip, path: str) -> CodedClip:
        """A row with onset, apex and offset in their order."""
        ordered = row.in_order()
        if ordered != row and self.bad_frames == 'raise':
            raise AnnotationError(
                'onset, apex and offset are out of order', path, row.line,
                row.frames, "correct the sheet, or say bad_frames='forget' "
                'to take what is out of order as unknown')
        self._forgotten += ordered != row
        return ordered

    def load_data_list(self) -> List[dict]:
        """Read the annotations; the first clip must be there."""
        samples = super().load_data_list()
        path = samples[0].get('clip_path')
        if path is not None and self.require_first_image and not (
                osp.exists(path)):
            raise MissingFileError(
                f'{osp.abspath(path)}: the first clip of '
                f'{type(self).__name__}, split {self.split!r}, is missing',
                hint='check data_root, or tell with clip_name where a clip '
                f'is; it reads {self.clip_name!r}')
        return samples

    def image_paths(self, samples: List[dict]) -> List[str]:
        """The path of each clip."""
        return [sample.get('clip_path', sample.get('img_path', ''))
                for sample in samples]
