# Copyright (c) mmfer contributors.
import numpy as np


def auc(high: np.ndarray, low: np.ndarray) -> float:
    """The area under the ROC curve of two samples.

    Args:
        high (np.ndarray): Values that should be greater, ``(P, )``.
        low (np.ndarray): Values that should be less, ``(Q, )``.

    Returns:
        float: The probability that one of ``high`` is greater than one of
        ``low``, ties counting half; NaN if either is empty.
    """
    if not len(high) or not len(low):
        return float('nan')
    low = np.sort(low)
    less = np.searchsorted(low, high, 'left')
    not_greater = np.searchsorted(low, high, 'right')
    return float((less + not_greater).mean() / 2 / len(low))
