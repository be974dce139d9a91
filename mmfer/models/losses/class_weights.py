# Copyright (c) mmfer contributors.
from typing import Sequence

import torch

WEIGHTINGS = ('inverse', 'sqrt', 'effective_number')


def class_weights(counts: Sequence[int],
                  weighting: str = 'inverse',
                  beta: float = 0.9999) -> torch.Tensor:
    r"""Weights of classes by their number of samples :math:`n_c`.

    - ``inverse``: :math:`1 / n_c`
    - ``sqrt``: :math:`1 / \sqrt{n_c}`
    - ``effective_number``: :math:`(1 - \beta) / (1 - \beta^{n_c})`, `Class-
      Balanced Loss <https://arxiv.org/abs/1901.05555>`_

    each scaled such that the mean over all samples is 1. A class without
    samples, as happens in a fold, has the weight 0.

    Args:
        counts (Sequence[int]): Samples of each of the C classes.
        weighting (str): One of the three. Defaults to ``'inverse'``.
        beta (float): In [0, 1). Defaults to 0.9999.

    Returns:
        Tensor: float32 ``(C, )``.

    Raises:
        ValueError: If no class has samples, the weighting is unknown or
            beta is out of range.

    Examples:
        >>> class_weights([300, 100])
        tensor([0.6667, 2.0000])
    """
    number = torch.as_tensor(counts, dtype=torch.float64)
    # may wait: once, before training
    if number.ndim != 1 or not bool((number >= 0).all() & number.any()):
        raise ValueError('classes need samples to be weighted, got the '
                         f'counts {list(counts)}')
    if weighting == 'inverse':
        weights = 1 / number
    elif weighting == 'sqrt':
        weights = number.rsqrt()
    elif weighting == 'effective_number':
        if not 0 <= beta < 1:
            raise ValueError(f'beta must lie in [0, 1), got {beta}')
        weights = (1 - beta) / (1 - beta**number)
    else:
        raise ValueError(f'weighting must be one of {WEIGHTINGS}, got '
                         f'{weighting!r}')
    weights = torch.where(number > 0, weights, 0.)
    return (weights * number.sum() / (weights * number).sum()).float()
