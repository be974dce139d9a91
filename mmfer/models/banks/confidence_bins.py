# Copyright (c) mmfer contributors.
"""Quantiles of confidences that are only counted in bins."""
import torch

#: Log-odds of the lower end of the first and the upper end of the last bin.
_LIMIT = 8.


def confidence_bins(confidence: torch.Tensor, num_bins: int) -> torch.Tensor:
    """The bins of confidences, equally wide in log-odds.

    Confidences gather near 0 or 1 while a network learns; log-odds keep them
    apart there.

    Args:
        confidence (Tensor): In [0, 1], ``(N, )``.
        num_bins (int): Number of bins B.

    Returns:
        Tensor: int64 ``(N, )`` in ``[0, B)``.
    """
    odds = confidence.float().logit(eps=1e-6).clamp(-_LIMIT, _LIMIT)
    place = (odds + _LIMIT) / (2 * _LIMIT) * num_bins
    return place.long().clamp(0, num_bins - 1)


def top_parts(counts: torch.Tensor, ratio: float) -> torch.Tensor:
    """Which part of each bin belongs to the most trusted samples.

    Args:
        counts (Tensor): Samples of each of C classes in each of B bins,
            ``(C, B)``.
        ratio (float): The part of the samples of a class that is trusted.

    Returns:
        Tensor: In [0, 1], ``(C, B)``: 1 in the upper bins, 0 in the lower,
        and a part where the quantile lies.

    Examples:
        >>> top_parts(torch.tensor([[4., 4., 2.]]), 0.5)
        tensor([[0.0000, 0.7500, 1.0000]])
    """
    above = counts.flip(1).cumsum(1).flip(1) - counts
    wanted = ratio * counts.sum(1, keepdim=True)
    return ((wanted - above) / counts.clamp(min=1)).clamp(0, 1)
