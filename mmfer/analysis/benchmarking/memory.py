# Copyright (c) mmfer contributors.
"""What keeps something of every sample, at a size no test set has."""
import time
from typing import Dict

import numpy as np

from mmfer.models.banks import LabelBank
from mmfer.registry import DATA_SAMPLERS
from .measure import PeakMemory

VARIANTS = ('DefaultSampler', 'ClassBalancedSampler', 'LabelBank')


class _Labels:
    """A dataset of which only the labels are known."""

    def __init__(self, labels: np.ndarray) -> None:
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    def get_gt_labels(self) -> np.ndarray:
        return self.labels


def simulate(variant: str, samples: int, classes: int) -> Dict[str, float]:
    """Give all indices of an epoch, or fill a bank, in this process.

    Args:
        variant (str): One of ``VARIANTS``.
        samples (int): The number of samples, whose labels are drawn.
        classes (int): The number of classes.

    Returns:
        dict[str, float]: ``seconds``, and ``peak``, the growth of resident
        memory in MiB.
    """
    labels = np.random.default_rng(0).integers(classes, size=samples)
    peak = PeakMemory()
    begin = time.perf_counter()
    if variant == 'LabelBank':
        LabelBank(classes, soft=True).initialise(labels)
    else:
        sampler = DATA_SAMPLERS.get(variant)(_Labels(labels), seed=0)
        sampler.set_epoch(1)
        for _ in sampler:
            pass
    return dict(seconds=time.perf_counter() - begin, peak=peak.growth())
