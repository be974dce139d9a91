# Copyright (c) mmfer contributors.
from typing import Any, Dict, Sequence

import numpy as np

from mmfer.errors import ConfigError
from mmfer.structures import LabelSpace


class LabelNoise:
    """Wrong labels, put into the training annotations on purpose.

    A config writes it as ``noise=dict(type='SymmetricNoise', ratio=0.3,
    seed=0)`` in a training dataset. It is applied once, in the process that
    reads the annotations, after the labels were mapped to the wanted label
    space and before anything else sees them; over all samples of the split,
    before ``indices`` takes a part. So a subset has the labels that the same
    samples have in the full set, and neither rank, worker nor epoch matters.

    A subclass implements :meth:`__call__` and :meth:`settings`.
    """

    def __call__(self, labels: np.ndarray, names: Sequence[str],
                 space: LabelSpace, native: LabelSpace) -> np.ndarray:
        """Labels with noise.

        Args:
            labels (np.ndarray): The clean labels, int64 of shape ``(N, )``.
            names (Sequence[str]): The unique name of each sample, see
                :func:`~mmfer.datasets.noise.sample_names`.
            space (LabelSpace): The label space of ``labels``.
            native (LabelSpace): The official order of the dataset.

        Returns:
            np.ndarray: int64 of shape ``(N, )``, in ``space``.
        """
        raise NotImplementedError

    def settings(self) -> Dict[str, Any]:
        """What the protocol tells of this noise beside its type."""
        raise NotImplementedError


def checked_ratio(ratio: float) -> float:
    """``ratio`` if it is a share.

    Raises:
        ConfigError: If it is no number in [0, 1].
    """
    if isinstance(ratio, bool) or not isinstance(
            ratio, (int, float)) or not 0 <= ratio <= 1:
        raise ConfigError(f'ratio must be a number in [0, 1], got {ratio!r}',
                          hint='correct the noise of the training dataset')
    return float(ratio)


def swap_scores(score: Sequence[float], old: int, new: int) -> np.ndarray:
    """A label distribution for a sample whose label was changed.

    The shares of the two classes change places: the distribution keeps its
    shape and its entropy, and says of the wrong class what it said of the
    right one.

    Args:
        score (Sequence[float]): The distribution of shape ``(C, )``.
        old (int): The clean label.
        new (int): The label with noise.

    Examples:
        >>> swap_scores([.75, .25, 0.], 0, 2)
        array([0.  , 0.25, 0.75])
    """
    swapped = np.array(score)
    swapped[[old, new]] = swapped[[new, old]]
    return swapped
