# Copyright (c) mmfer contributors.
from typing import Any, List, Optional, Sequence, Union

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import MMLogger

from mmfer.registry import DATASETS
from .long_tail import draw_long_tail, long_tail_counts
from .samplers.labels import dataset_labels


@DATASETS.register_module()
class LongTailedDataset:
    """A part of a dataset whose class counts fall exponentially.

    The counts are those of :func:`~mmfer.datasets.long_tail.long_tail_counts`
    and the samples those of
    :func:`~mmfer.datasets.long_tail.draw_long_tail`, a function of labels and
    seed. It goes by the labels that training sees: mapped, and with label
    noise where there is any. The dataset inside is cut to these samples, so
    that sample indices, label banks, samplers and the protocol block see what
    is left of it.

    Args:
        dataset (dict or BaseDataset): The dataset.
        imbalance_factor (float): Samples of the commonest class over those of
            the rarest, from 1. Defaults to 100.
        max_count (int, optional): Samples of the commonest class. Defaults to
            None, the most for which every class has enough.
        seed (int): Which samples are drawn. Defaults to 0.

    Raises:
        ValueError: If an argument is out of range, or a class has too few
            samples.
        TypeError: If it is no dataset, or does not tell its labels.

    Examples:
        >>> train_dataloader = dict(dataset=dict(
        ...     type='LongTailedDataset', imbalance_factor=50,
        ...     dataset=dict(type='FERPlus', data_root='data/ferplus')))
    """

    def __init__(self,
                 dataset: Union[dict, BaseDataset],
                 imbalance_factor: float = 100.,
                 max_count: Optional[int] = None,
                 seed: int = 0) -> None:
        if isinstance(dataset, dict):
            dataset = DATASETS.build(dataset)
        if not isinstance(dataset, BaseDataset):
            raise TypeError('LongTailedDataset cuts datasets of MMEngine, got '
                            f'{type(dataset).__name__}. Remedy: let other '
                            'wrappers hold it, not the other way round')
        self.dataset = dataset
        self._cut(imbalance_factor, max_count, seed)

    def _cut(self, imbalance_factor: float, max_count: Optional[int],
             seed: int) -> None:
        self.dataset.full_init()
        labels, number = dataset_labels(self.dataset), len(self.dataset)
        classes = self.dataset.metainfo.get('classes') or ()
        counts = long_tail_counts(
            np.bincount(labels, minlength=len(classes)), imbalance_factor,
            max_count)
        self.dataset.get_subset_(draw_long_tail(labels, counts, seed).tolist())
        note = (f'long tail: imbalance factor {imbalance_factor:g}, seed '
                f'{seed}, {len(self)} of {number} samples, {counts}')
        if hasattr(self.dataset, 'notes'):
            self.dataset.notes.append(note)
        MMLogger.get_current_instance().info(
            f'{type(self.dataset).__name__}: {note}')

    @property
    def metainfo(self) -> dict:
        """That of the dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Nothing is left to load."""

    def get_gt_labels(self) -> np.ndarray:
        """The label of every sample, int ``(N, )``."""
        return dataset_labels(self.dataset)

    def get_cat_ids(self, idx: int) -> List[int]:
        """The label of a sample, as a list."""
        return self.dataset.get_cat_ids(idx)

    def get_data_info(self, idx: int) -> dict:
        """The annotation of a sample."""
        return self.dataset.get_data_info(idx)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> dict:
        """The transformed sample at ``idx``."""
        return self.dataset[idx]

    def __getitems__(self, indices: Sequence[int]) -> Any:
        """A batch, whole where the dataset serves whole batches."""
        if hasattr(self.dataset, '__getitems__'):
            return self.dataset.__getitems__(indices)
        return [self.dataset[idx] for idx in indices]

    def __repr__(self) -> str:
        return f'{type(self).__name__} of\n{self.dataset!r}'
