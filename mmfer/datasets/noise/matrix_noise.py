# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import numpy as np

from mmfer.errors import ConfigError
from mmfer.structures import LabelSpace
from .label_noise import LabelNoise


class MatrixNoise(LabelNoise):
    """Label noise that is drawn from a transition matrix.

    The draw depends on seed, labels, order of the samples and the names of
    the classes, not on the order of the classes: the same annotations in
    another label space get the same wrong labels by name.

    Args:
        seed (int): The seed, 0 to 2**32 - 1. Defaults to 0.
        exact (bool): False: each sample is flipped with its probability, the
            convention of the published lists, so that the realised rate
            scatters about the nominal one. True: in each class the nearest
            whole number of samples is flipped. Defaults to False.

    Raises:
        ValueError: If the seed is none.
    """

    def __init__(self, seed: int = 0, exact: bool = False) -> None:
        if isinstance(seed, bool) or not isinstance(
                seed, int) or not 0 <= seed < 2**32:
            raise ConfigError('seed must be an integer from 0 to 2**32 - 1, '
                             f'got {seed!r}')
        self.seed, self.exact = seed, bool(exact)

    def matrix(self, space: LabelSpace) -> np.ndarray:
        """The probability that a class (row) is given as another (column).

        Args:
            space (LabelSpace): The order of rows and columns.

        Returns:
            np.ndarray: float64 of shape ``(C, C)``, rows sum to 1.
        """
        raise NotImplementedError

    def __call__(self, labels: np.ndarray, names: Sequence[str],
                 space: LabelSpace, native: LabelSpace) -> np.ndarray:
        """Draw which samples are flipped, then where to."""
        matrix = self.matrix(space)
        # RandomState: its streams are frozen, those of Generator are not.
        draws = np.random.RandomState(self.seed).random_sample(
            (2, len(labels)))
        share = 1 - matrix.diagonal()
        flip = draws[0] < share[labels]
        if self.exact:
            flip = self._exactly(labels, share, draws[0])

        other = matrix * (1 - np.eye(len(matrix)))
        order = np.argsort(space.classes)
        reach = other[:, order].cumsum(1)
        reach /= np.maximum(reach[:, -1:], np.finfo(float).tiny)
        # How many classes end below the draw; rounding must not exceed.
        place = (draws[1][flip, None] >= reach[labels[flip]]).sum(1)
        noisy = labels.copy()
        noisy[flip] = order[place]
        return noisy

    @staticmethod
    def _exactly(labels: np.ndarray, share: np.ndarray,
                 draw: np.ndarray) -> np.ndarray:
        """The samples with the smallest draws of each class."""
        flip = np.zeros(len(labels), dtype=bool)
        for label, part in enumerate(share):
            members = np.flatnonzero(labels == label)
            number = int(part * len(members) + .5)
            order = np.argsort(draw[members], kind='stable')
            flip[members[order[:number]]] = 1
        return flip

    def settings(self) -> Dict[str, Any]:
        """Seed and way of drawing."""
        return dict(seed=self.seed, exact=self.exact)
