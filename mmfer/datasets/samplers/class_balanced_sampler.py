# Copyright (c) mmfer contributors.
import math
from typing import Iterator, Optional, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from mmfer.registry import DATA_SAMPLERS
from .labels import dataset_labels


@DATA_SAMPLERS.register_module()
class ClassBalancedSampler(Sampler):
    r"""Draws rare classes as often as common ones, or anything between.

    Class :math:`c` with :math:`n_c` samples is drawn with a probability
    proportional to :math:`n_c^{1 - power}`, and a sample evenly within its
    class. Samples are drawn **with replacement**: within an epoch some come
    several times and others not at all, also with ``power=0``.

    All ranks make the same draw, from the seed and the epoch alone, and take
    every ``world_size``-th part of it, so that a resumed run goes on as the
    uninterrupted one. Every rank gets the same number of samples.

    Args:
        dataset (Sized): The dataset; wrappers such as ``ConcatDataset`` and
            ``RepeatDataset`` are looked through.
        power (float): 1 balances the classes fully, 0.5 by the square root,
            0 keeps the natural frequencies. Defaults to 1.
        num_samples (int, optional): The number of samples of an epoch over
            all ranks, rounded up to a multiple of their number. Defaults to
            None, the length of the dataset.
        seed (int, optional): The seed; must be the same on all ranks.
            Defaults to None, one agreed on by all ranks.

    Raises:
        ValueError: If ``power`` lies outside [0, 1], ``num_samples`` is not
            positive or the dataset is empty.
        TypeError: If the dataset does not tell its labels.

    Examples:
        >>> train_dataloader = dict(
        ...     sampler=dict(type='ClassBalancedSampler', power=0.5))
    """

    def __init__(self,
                 dataset: Sized,
                 power: float = 1.,
                 num_samples: Optional[int] = None,
                 seed: Optional[int] = None) -> None:
        if not 0 <= power <= 1:
            raise ValueError(f'power must lie in [0, 1], got {power!r}')
        if num_samples is not None and num_samples < 1:
            raise ValueError('num_samples must be positive, got '
                             f'{num_samples!r}')
        labels = dataset_labels(dataset)
        if not len(labels):
            raise ValueError('there is nothing to draw from an empty dataset')
        self.rank, self.world_size = get_dist_info()
        self.power = power
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.num_samples = math.ceil(
            (num_samples or len(labels)) / self.world_size)

        counts = np.bincount(labels)
        self._present = np.flatnonzero(counts)
        self._counts = counts[self._present]
        # Samples sorted by class, and where each class begins.
        self._order = np.argsort(labels, kind='stable').astype(
            np.int32 if len(labels) < 2**31 else np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        weights = self._counts.astype(np.float64)**(1 - power)
        self._cumulative = np.cumsum(weights / weights.sum())

    @property
    def class_probabilities(self) -> np.ndarray:
        """How probable each class is, float64 of shape ``(C, )`` up to the
        highest class present; 0 for classes without samples."""
        result = np.zeros(self._present[-1] + 1)
        result[self._present] = np.diff(self._cumulative, prepend=0)
        return result

    def draw(self) -> np.ndarray:
        """The indices of this epoch for all ranks together, in order.

        Returns:
            np.ndarray: int32 or int64 of shape
            ``(num_samples * world_size, )``.
        """
        generator = np.random.Generator(
            np.random.PCG64(np.random.SeedSequence([self.seed, self.epoch])))
        total = self.num_samples * self.world_size
        last = len(self._counts) - 1
        classes = np.searchsorted(
            self._cumulative, generator.random(total), side='right')
        # Rounding may leave the last cumulative value just below 1.
        classes = np.minimum(classes, last)
        places = generator.random(total) * self._counts[classes]
        return self._order[self._starts[classes] + places.astype(np.int64)]

    def __iter__(self) -> Iterator[int]:
        """Iterate over the indices of this rank."""
        return map(int, self.draw()[self.rank::self.world_size])

    def __len__(self) -> int:
        """The number of samples of this rank."""
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Tell the epoch, from which and the seed the draw is made."""
        self.epoch = epoch
