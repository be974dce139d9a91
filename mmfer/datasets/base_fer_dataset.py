# Copyright (c) mmfer contributors.
import os.path as osp
from collections import Counter
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.dataset import force_full_init
from mmengine.logging import MMLogger

from mmfer.errors import MissingFileError
from mmfer.structures import AnnotationError, LabelSpace
from .auxiliary import LaidLabels
from .folders import describe_skipped
from .folds import check_subjects, take_subjects
from .label_mapping import map_labels
from .noise import NoiseRecord, add_noise, build_noise
from .randomness import WorkerRandomness
from .replacing_dataset import ReplacingDataset

COLUMNS = Dict[str, np.ndarray]


def _take(columns: COLUMNS, indices: Union[int, Sequence[int]]) -> COLUMNS:
    """The rows of a subset, by the meaning of MMEngine's ``indices``."""
    if not isinstance(indices, int):
        rows = np.array(indices, dtype=np.int64)
    else:
        rows = slice(indices) if indices >= 0 else slice(indices, None)
    return {name: column[rows] for name, column in columns.items()}


class BaseFERDataset(ReplacingDataset):
    """What all readers of expression datasets share.

    A reader implements :meth:`load_samples` and names its official label
    order and counts; this class maps labels to the wanted label space, counts
    classes against the official numbers, replaces unreadable images if asked,
    and keeps the random streams of loader workers reproducible.

    Args:
        data_root (str): The folder of the dataset.
        split (str): One of ``SPLITS``. Defaults to ``'train'``.
        label_space (str or Sequence[str], optional): The classes and their
            order, as a name in ``mmfer.structures.LABEL_SPACES`` or a list.
            Samples of other classes are dropped and counted. Defaults to
            None, the dataset's official order.
        pipeline (Sequence[dict]): The transforms. Defaults to ().
        on_error (str): What to do while training with a missing or corrupt
            image, or a clip that does not hold the frames of its annotation:
            ``'raise'`` an error that names the file, or ``'skip'``: log it
            and take the next readable sample. Testing always raises, since a
            replaced sample would falsify the result. Defaults to
            ``'raise'``.
        noise (dict, optional): Wrong labels to put into the training
            annotations, for example ``dict(type='SymmetricNoise',
            ratio=0.3, seed=0)``; see :mod:`mmfer.datasets.noise`. A
            distribution ``gt_score`` and the ``votes`` of a flipped sample
            have the shares of both classes swapped; all else of it stays.
            Defaults to None.
        auxiliary (dict or Sequence[dict], optional): Action units,
            valence-arousal or landmarks to lay over the samples from a file,
            for example ``dict(type='OpenFaceLabels', path='faces.csv')``; see
            :mod:`mmfer.datasets.auxiliary`. Defaults to None.
        subjects (dict, optional): Whose samples to keep,
            ``dict(include=[...])`` or ``dict(exclude=[...])`` with names of
            subjects, as a cross-validation sets it. Defaults to None,
            everyone's.
        test_mode (bool): Whether the dataset is used for testing. Defaults
            to False.
        **kwargs: Further arguments of MMPretrain's ``BaseDataset``.

    Raises:
        ValueError: If ``split`` or ``on_error`` is unknown, there is noise
            in ``test_mode``, or ``subjects`` has another form.
        TypeError: If ``noise`` is no config of label noise, or ``auxiliary``
            none of auxiliary labels.
        AnnotationError: If an annotation is malformed or no sample remains.
    """

    # The official label order: a key of LABEL_SPACES.
    LABEL_SPACE: str = ''
    # The splits that the reader knows.
    SPLITS: Tuple[str, ...] = ('train', 'test')
    # The official sample counts: split -> class -> count.
    OFFICIAL_COUNTS: Dict[str, Dict[str, int]] = {}
    # Whether reading stops when the first image is missing. The verification
    # switches it off, to list all missing files.
    require_first_image: bool = True

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 label_space: Union[str, Sequence[str], None] = None,
                 pipeline: Sequence[dict] = (),
                 on_error: str = 'raise',
                 noise: Optional[dict] = None,
                 auxiliary: Union[dict, Sequence[dict], None] = None,
                 subjects: Optional[dict] = None,
                 test_mode: bool = False,
                 **kwargs: Any) -> None:
        if split not in self.SPLITS:
            raise ValueError(f'{type(self).__name__} has no split {split!r}; '
                             f'it has {list(self.SPLITS)}')
        if noise is not None and test_mode:
            raise ValueError('label noise belongs into training annotations; '
                             f'test_mode=True refuses noise={noise!r}')
        self.noise = None if noise is None else build_noise(noise)
        self.noise_record: Optional[NoiseRecord] = None
        self.auxiliary = LaidLabels(auxiliary)
        if subjects is not None:
            check_subjects(subjects)
        self.subjects = subjects
        self.split = split
        self.label_space = LabelSpace.get(label_space or self.native_space)
        self.notes: List[str] = []
        self.dropped: Dict[str, int] = {}
        #: Images in the folders that are not read, by their ending.
        self.skipped: Counter = Counter()
        self.sample_offset = 0
        self.randomness = WorkerRandomness()
        self._columns: COLUMNS = {}
        super().__init__(
            on_error=on_error,
            ann_file=kwargs.pop('ann_file', ''),
            data_root=osp.expanduser(data_root),
            pipeline=pipeline,
            test_mode=test_mode,
            classes=self.label_space.classes,
            metainfo={**(kwargs.pop('metainfo', None) or {}),
                      **self.auxiliary.metainfo},
            **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The label space in which :meth:`load_samples` gives its labels."""
        return LabelSpace.get(self.LABEL_SPACE)

    def load_samples(self) -> List[dict]:
        """Read the annotations.

        Returns:
            list[dict]: One dict a sample with ``img_path`` (or ``img``, uint8
            of shape ``(H, W)`` or ``(H, W, 3)``, where there is no file),
            ``gt_label`` (an int in the native label order) and, where known,
            ``gt_score`` (votes or probabilities in the native order),
            ``gt_au``, ``gt_va``, ``gt_landmarks``, ``gt_bboxes``,
            ``subject``. Rows that belong to no class of the native order are
            left out and counted in ``self.dropped``. Where a dataset has no
            expressions, no sample has ``gt_label``.
        """
        raise NotImplementedError

    def read_split(self) -> List[dict]:
        """Read the annotations of the whole split: of the wanted subjects, in
        the wanted label space, without label noise, before ``indices`` takes
        a part.

        Returns:
            list[dict]: See :meth:`load_samples`.
        """
        self.dropped, self.notes, self.skipped = {}, [], Counter()
        samples = self.load_samples()
        if self.skipped:
            self.notes.append(describe_skipped(self.skipped))
            MMLogger.get_current_instance().warning(
                f'{type(self).__name__}, {self.split}: {self.notes[-1]}')
        if self.subjects is not None:
            samples = take_subjects(samples, self.subjects, self.data_root)
            people = len({sample['subject'] for sample in samples})
            self.notes.append(f'{next(iter(self.subjects))} subjects: '
                              f'{people} remain')
        kept, dropped = map_labels(samples, self.native_space,
                                   self.label_space, self.data_root)
        for name, number in dropped.items():
            self.dropped[name] = self.dropped.get(name, 0) + number
        return kept

    def load_data_list(self) -> List[dict]:
        """Read the annotations and map them to the wanted label space."""
        kept = self.read_split()
        if self.noise is not None:
            self.noise_record = add_noise(self.noise, kept, self.data_root,
                                          self.label_space, self.native_space)
        columns = self.make_columns(kept)
        columns.update(self.lay_over(kept))
        columns['split_row'] = np.arange(len(kept))
        if self.noise is not None:
            columns['clean_label'] = self.noise_record.clean
        if kept and self._indices is not None:
            columns = _take(columns, self._indices)
        if not columns['gt_label'].size:
            raise AnnotationError(
                f'{type(self).__name__}, split {self.split!r}: no sample '
                'remains', self.data_root,
                hint='check data_root, split, indices and label_space '
                f'{list(self.label_space.classes)}')
        self._columns = columns
        if 'img_path' in kept[0] and 'img' not in kept[0]:
            self._check_first_image(kept[0]['img_path'])
        return kept

    def lay_over(self, samples: List[dict]) -> COLUMNS:
        """The auxiliary labels of all samples.

        Args:
            samples (List[dict]): The annotations, N of them.

        Returns:
            dict[str, np.ndarray]: Arrays of length N, see
            :meth:`~mmfer.datasets.auxiliary.LaidLabels.lay_over`.
        """
        return self.auxiliary.lay_over(self.image_paths(samples),
                                       self.data_root)

    def image_paths(self, samples: List[dict]) -> List[str]:
        """The image of each sample, an empty string where there is none."""
        return [sample.get('img_path', '') for sample in samples]

    def make_columns(self, samples: List[dict]) -> COLUMNS:
        """What is kept of all samples in arrays, for fast access.

        Args:
            samples (List[dict]): The annotations, N > 0 of them or none.

        Returns:
            dict[str, np.ndarray]: Arrays of length N; ``gt_label`` at least,
            int64, -1 where there are no expressions.
        """
        labels = [sample.get('gt_label', -1) for sample in samples]
        return dict(gt_label=np.array(labels, dtype=np.int64))

    def _check_first_image(self, path: str) -> None:
        if self.require_first_image and not osp.isfile(path):
            raise MissingFileError(
                f'{osp.abspath(path)}: the first image of '
                f'{type(self).__name__}, split {self.split!r}, is missing',
                hint='check data_root, or run tools/dataset_tools/verify.py '
                'to list all missing files')

    def full_init(self) -> None:
        """Load the annotations, count them and log what was found."""
        if self._fully_initialized:
            return
        super().full_init()
        if self._indices is not None:
            note = f'a subset of {len(self)} samples (indices)'
            self.notes = [n for n in self.notes if n != note] + [note]
        logger = MMLogger.get_current_instance()
        if self.dropped:
            logger.info(f'{type(self).__name__}, {self.split}: dropped '
                        f'{self.dropped}, not in label space '
                        f'{list(self.label_space.classes)}')
        counts, official = self._counts(self._read_labels()), \
            self.official_counts()
        wrong = {
            name: (counts[name], number)
            for name, number in (official or {}).items()
            if counts[name] != number
        }
        if wrong and self._indices is None:
            logger.warning(
                f'{type(self).__name__}, {self.split}: class counts differ '
                f'from the official ones (found, official): {wrong}')

    def set_label_space(self, label_space: Union[str, Sequence[str]]) -> None:
        """Read the annotations again in another label space."""
        self.label_space = LabelSpace.get(label_space)
        self._metainfo['classes'] = self.label_space.classes
        self._fully_initialized = False
        self.full_init()

    @force_full_init
    def get_gt_labels(self) -> np.ndarray:
        """The label of every sample, int64 of shape ``(N, )``, as read, or
        with the label noise that was asked for; -1 where there are no
        expressions."""
        return self._columns['gt_label'].copy()

    @property
    def has_expressions(self) -> bool:
        """Whether the samples have labels of expressions."""
        return bool((self.get_gt_labels() >= 0).all())

    @force_full_init
    def clean_labels(self) -> Optional[np.ndarray]:
        """The labels before noise, for metrics and audits only.

        Returns:
            np.ndarray or None: int64 of shape ``(N, )``; None without noise,
            since nobody knows how clean the annotations are.
        """
        clean = self._columns.get('clean_label')
        return None if clean is None else clean.copy()

    @force_full_init
    def split_rows(self) -> np.ndarray:
        """The place of every sample in the whole split, before ``indices``
        took a part; int64 of shape ``(N, )``."""
        return self._columns['split_row'].copy()

    @force_full_init
    def get_cat_ids(self, idx: int) -> List[int]:
        """The label of a sample, as a list."""
        return [int(self._columns['gt_label'][idx])]

    def get_subset_(self, indices: Union[int, Sequence[int]]) -> None:
        """Keep only a part, see ``mmengine.dataset.BaseDataset``."""
        super().get_subset_(indices)
        self._columns = _take(self._columns, indices)

    def get_subset(self, indices: Union[int, Sequence[int]]
                   ) -> 'BaseFERDataset':
        """A part as a new dataset, see ``mmengine.dataset.BaseDataset``."""
        subset = super().get_subset(indices)
        subset._columns = _take(self._columns, indices)
        # Copies of shared memory are not shared.
        subset.randomness = WorkerRandomness()
        subset._watch_failures()
        return subset

    def _copy_without_annotation(self, memo: Optional[dict] = None
                                 ) -> 'BaseFERDataset':
        # MMEngine 0.10 keeps one memo for all calls; when the place of a
        # freed object is used again, copies get a wrong attribute from it.
        return super()._copy_without_annotation({} if memo is None else memo)

    def class_counts(self) -> Dict[str, int]:
        """Samples per class, in the order of the label space."""
        return self._counts(self.get_gt_labels())

    def _counts(self, labels: np.ndarray) -> Dict[str, int]:
        counts = np.bincount(labels[labels >= 0],
                             minlength=len(self.label_space))
        return dict(zip(self.label_space.classes, counts.tolist()))

    def _read_labels(self) -> np.ndarray:
        """The labels as they stand in the annotations."""
        clean = self.clean_labels()
        return self.get_gt_labels() if clean is None else clean

    def official_counts(self) -> Optional[Dict[str, int]]:
        """The official samples per class, or None where none are known."""
        official = self.OFFICIAL_COUNTS.get(self.split)
        if official is None or self.subjects is not None:
            return None
        return {c: official.get(c, 0) for c in self.label_space.classes}

    def protocol(self) -> Dict[str, Any]:
        """What a reader of a result must know about the data.

        The class counts are those of the annotations, before noise; empty
        where there are no expressions.
        """
        counts = self._counts(self._read_labels())
        noise = None
        if self.noise is not None:
            noise = self.noise_record.describe(self.clean_labels(),
                                               self.get_gt_labels())
        return dict(
            dataset=type(self).__name__,
            data_root=self.data_root,
            split=self.split,
            subjects=self.subjects,
            label_space=self.label_space.name,
            classes=list(self.label_space.classes),
            samples=len(self),
            class_counts=counts if self.has_expressions else {},
            official_counts=self.official_counts(),
            dropped=dict(self.dropped),
            noise=noise,
            auxiliary=self.auxiliary.describe(self._columns),
            au_names=list(self.metainfo.get('au_names', ())),
            notes=list(self.notes))

    def get_data_info(self, idx: int) -> dict:
        """The annotation of a sample.

        ``sample_idx`` stays unique when the dataset is part of a
        concatenation, see :class:`~mmfer.engine.hooks.SampleIndexHook`.
        """
        info = self.unpack(super().get_data_info(idx))
        info['sample_idx'] += self.sample_offset
        for name in self.auxiliary.fields:
            info[name] = self._columns[name][idx].copy()
        return info

    def unpack(self, info: dict) -> dict:
        """A sample in the form that transforms expect.

        Readers that keep :meth:`load_samples` compact unfold it here;
        ``sample_idx`` is the place in this dataset.
        """
        return info

    def __getitem__(self, idx: int) -> dict:
        """The transformed sample at ``idx``."""
        self.randomness.sync()
        return super().__getitem__(idx)

    def extra_repr(self) -> List[str]:
        """Further lines of the representation."""
        return [
            f'Folder: \t{self.data_root}', f'Split: \t{self.split}',
            f'Label space: \t{self.label_space}'
        ]
