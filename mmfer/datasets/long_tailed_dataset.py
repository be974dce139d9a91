# Copyright (c) mmfer contributors.
from typing import Optional, Union

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import MMLogger

from mmfer.registry import DATASETS
from .dataset_wrapper import DatasetWrapper
from .long_tail import draw_long_tail, long_tail_counts
from .samplers.labels import dataset_labels


@DATASETS.register_module()
class LongTailedDataset(DatasetWrapper):
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
        TypeError: If it is no dataset that can be cut, or does not tell its
            labels.

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
        super().__init__(dataset)
        self.require_cuttable()
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

    def __repr__(self) -> str:
        return f'{type(self).__name__} of\n{self.dataset!r}'
