# Copyright (c) mmfer contributors.
"""Whether two sets of draws come from one distribution."""
import numpy as np
from scipy.stats import ks_2samp


def differ(ours, theirs):
    """Whether some column of the draws ``(N, K)`` is distributed otherwise.

    Two-sample Kolmogorov-Smirnov tests; equal distributions are called
    different once in ten thousand times.
    """
    ours, theirs = (np.asarray(a, np.float64).reshape(len(a), -1)
                    for a in (ours, theirs))
    assert ours.shape[1] == theirs.shape[1]
    least = min(ks_2samp(a, b).pvalue for a, b in zip(ours.T, theirs.T))
    return least * ours.shape[1] < 1e-4
