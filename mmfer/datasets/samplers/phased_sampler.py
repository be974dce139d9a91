# Copyright (c) mmfer contributors.
from typing import Optional, Sized

import numpy as np

from mmfer.registry import DATA_SAMPLERS
from .class_balanced_sampler import ClassBalancedSampler


@DATA_SAMPLERS.register_module()
class PhasedSampler(ClassBalancedSampler):
    r"""Turns from the natural frequencies of the classes to equal ones.

    Class :math:`c` of C, with :math:`n_c` of :math:`n` samples, is drawn with
    the probability :math:`t / C + (1 - t)\, n_c / n`, as in `Phased
    Progressive Learning <https://arxiv.org/abs/2205.12117>`_. :math:`t` is 0
    until :class:`~mmfer.engine.hooks.PhaseHook` changes it. Samples are drawn
    with replacement, see :class:`ClassBalancedSampler`.

    Args:
        dataset (Sized): See :class:`ClassBalancedSampler`.
        num_samples (int, optional): The same. Defaults to None.
        seed (int, optional): The same. Defaults to None.

    Raises:
        ValueError: If ``num_samples`` is not positive or the dataset is
            empty.
        TypeError: If the dataset does not tell its labels.
    """

    def __init__(self,
                 dataset: Sized,
                 num_samples: Optional[int] = None,
                 seed: Optional[int] = None) -> None:
        super().__init__(
            dataset, power=0., num_samples=num_samples, seed=seed)

    def set_phase(self, phase: float) -> None:
        """Change how the classes are drawn.

        Args:
            phase (float): :math:`t`: 0 for natural, 1 for equal frequencies.
        """
        natural = self._counts / self._counts.sum()
        self._cumulative = np.cumsum(
            phase / len(natural) + (1 - phase) * natural)
