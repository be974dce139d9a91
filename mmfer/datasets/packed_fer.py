# Copyright (c) mmfer contributors.
from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np
import torch
from mmengine.dataset import force_full_init

from mmfer.registry import DATASETS
from mmfer.structures import LabelSpace, SampleBatch
from mmfer.structures.sample_batch import CONFIDENCES, TARGETS
from .base_fer_dataset import COLUMNS, BaseFERDataset
from .collate import CollatedBatch
from .packing import PixelArray, read_annotations, read_index
from .transforms import PackFERInputs


@DATASETS.register_module()
class PackedFER(BaseFERDataset):
    """A dataset that ``tools/dataset_tools/pack.py`` wrote.

    It gives what the packed dataset would give after its loading, alignment
    and resizing. If nothing is left to do for each sample, so that the
    pipeline is ``PackFERInputs`` alone, whole batches are served; they need
    ``collate_fn=dict(type='fer_collate')``.

    Args:
        data_root (str): The packed folder.
        split (str, optional): The split that must have been packed. Defaults
            to None, whatever it is.
        targets (Sequence[str], optional): Which of the packed targets to
            give beside ``gt_label``, for example ``()`` to train on labels
            where distributions are packed. Defaults to None, all.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        FileNotFoundError: If the folder is no packed one.
        AnnotationError: If it is unfinished or damaged.
        ValueError: If another split was packed, or a target is not there.
    """

    # The folder tells which of them it holds.
    SPLITS = ('train', 'valid', 'test')
    require_first_image = False

    def __init__(self,
                 data_root: str,
                 split: Optional[str] = None,
                 targets: Optional[Sequence[str]] = None,
                 **kwargs: Any) -> None:
        self.index = read_index(data_root)
        self.described = self.index['described']
        self.SPLITS = (self.described['split'], )
        # JSON has no tuples.
        self.constants = {
            name: {k: tuple(v) if isinstance(v, list) else v
                   for k, v in value.items()}
            for name, value in self.index['constants'].items()
        }
        self.targets = targets
        names = self.described.get('au_names')
        if names:
            kwargs['metainfo'] = {'au_names': tuple(names),
                                  **(kwargs.get('metainfo') or {})}
        self._pixels = {
            name: PixelArray(data_root, name, array['shape'])
            for name, array in self.index['pixels'].items()
        }
        super().__init__(
            data_root=data_root, split=split or self.SPLITS[0], **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The label space of the packed dataset."""
        return LabelSpace(self.described['label_space'],
                          self.described['classes'])

    def official_counts(self) -> Optional[Dict[str, int]]:
        """Those of the packed dataset, or None in another label space."""
        if self.label_space.classes != self.native_space.classes:
            return None
        return self.described['official_counts']

    def load_samples(self) -> List[dict]:
        """Read the annotations."""
        columns = read_annotations(self.data_root, self.index)
        self._choose_targets(columns)
        self.notes = [*self.described['notes'], 'packed']
        names = list(columns)
        values = [
            column.tolist() if getattr(column, 'ndim', 2) == 1 else column
            for column in columns.values()
        ]
        shapes = values[names.index('ori_shape')]
        values[names.index('ori_shape')] = [tuple(s) for s in shapes.tolist()]
        return [
            dict(((n, v) for n, v in zip(names, row) if v is not None),
                 pack_row=number, **self.constants)
            for number, row in enumerate(zip(*values))
        ]

    def _choose_targets(self, columns: Dict[str, Sequence]) -> None:
        if self.targets is None:
            return
        absent = [name for name in self.targets if name not in columns]
        if absent:
            raise ValueError(
                f'{self.data_root}: targets {absent} are not packed; there '
                f'are {[name for name in TARGETS if name in columns]}')
        for name in TARGETS[1:]:
            if name not in self.targets:
                columns.pop(name, None)

    def make_columns(self, samples: List[dict]) -> COLUMNS:
        """See :meth:`BaseFERDataset.make_columns`; what batches are served
        from."""
        columns = super().make_columns(samples)
        for name in dict.fromkeys(n for sample in samples for n in sample):
            known = [s[name] for s in samples if name in s]
            if name == 'gt_label' or isinstance(known[0], dict):
                continue
            if isinstance(known[0], str):
                known = [text.encode() for text in known]
            if name in CONFIDENCES:
                columns[name] = np.array(
                    [s.get(name, 1.) for s in samples], dtype=np.float32)
            elif len(known) == len(samples):
                columns[name] = np.array(known)
            elif name in TARGETS:
                blank = np.full_like(known[0], np.nan)
                columns[name] = np.array([s.get(name, blank)
                                          for s in samples])
        return columns

    def lay_over(self, samples: List[dict]) -> COLUMNS:
        """See :meth:`BaseFERDataset.lay_over`. Rows name the images that
        were packed, and landmarks are those of these images; they are moved
        as the pixels were."""
        columns = self.auxiliary.lay_over(self.image_paths(samples),
                                          self.described['data_root'])
        if 'gt_landmarks' in columns:
            matrix = np.array([s.get('affine', np.eye(2, 3))
                               for s in samples])
            columns['gt_landmarks'] = (
                columns['gt_landmarks'] @ matrix[:, :, :2].transpose(0, 2, 1)
                + matrix[:, None, :, 2]).astype(np.float32)
        return columns

    def get_data_info(self, idx: int) -> dict:
        """The annotation of a sample, with its pixels."""
        info = super().get_data_info(idx)
        row = np.array([info.pop('pack_row')])
        info['img'] = self._pixels['images'].take(row)[0].numpy()
        info['img_shape'] = info['img'].shape[:2]
        if 'gt_mask' in self._pixels:
            info['gt_mask'] = self._pixels['gt_mask'].take(row)[0].numpy()
        return info

    @force_full_init
    def __getitems__(self, indices: Sequence[int]
                     ) -> Union[CollatedBatch, List[dict]]:
        """A batch.

        Args:
            indices (Sequence[int]): B indices.

        Returns:
            CollatedBatch: ``inputs``, uint8 of shape ``(B, 3, H, W)`` in
            channels-last order, and ``data_samples``; or, if there is more
            to do than to pack, a list of B transformed samples.
        """
        transforms = self.pipeline.transforms
        if len(transforms) != 1 or type(transforms[0]) is not PackFERInputs:
            return [self[index] for index in indices]
        indices = np.asarray(indices, dtype=np.int64)
        rows = self._columns['pack_row'][indices]
        pixels = {n: array.take(rows) for n, array in self._pixels.items()}
        targets = {
            name: torch.from_numpy(self._columns[name][indices])
            for name in TARGETS if name in self._columns
        }
        if (targets['gt_label'] < 0).any():
            # The packed dataset has no expressions.
            del targets['gt_label']
        inputs = pixels.pop('images').permute(0, 3, 1, 2)
        metas = {
            name: self._meta(name, indices)
            for name in transforms[0].meta_keys if name == 'sample_idx'
            or name in self._columns or name in self.constants
        }
        metas['img_shape'] = [tuple(inputs.shape[2:])] * len(indices)
        return CollatedBatch(
            inputs=inputs,
            data_samples=SampleBatch({**targets, **pixels}, metas))

    def _meta(self, name: str, indices: np.ndarray) -> list:
        if name == 'sample_idx':
            return (indices + self.sample_offset).tolist()
        if name in self.constants:
            return [self.constants[name]] * len(indices)
        values = self._columns[name][indices]
        if values.dtype.kind == 'S':
            return [text.decode() for text in values.tolist()]
        if name == 'ori_shape':
            return [tuple(shape) for shape in values.tolist()]
        return values.tolist() if values.ndim == 1 else list(values)

    def protocol(self) -> Dict[str, Any]:
        """That of the packed dataset, and how it was packed."""
        info = super().protocol()
        info['dataset'] = self.described['dataset']
        info['auxiliary'] = [*self.described.get('auxiliary', ()),
                             *info['auxiliary']]
        info['packed'] = dict(
            folder=self.data_root,
            size=list(self._pixels['images'].shape[1:3]),
            pipeline=self.index['job']['pipeline'],
            unreadable=len(self.index['unreadable']))
        if 'align' in self.constants:
            info['align'] = str(self.constants['align']['recipe'])
        return info
