# Copyright (c) mmfer contributors.
"""Balance over the plane of valence and arousal."""
import torch
from torch.nn.functional import pad

from ..layers.one_hot import one_hot

# What a count keeps along each axis of a 3x3 Gaussian; each neighbour gets
# half of the rest.
_KEPT = .5


def va_bins(va: torch.Tensor, grid: int = 8) -> torch.Tensor:
    """The bin of each sample in a grid over [-1, 1] x [-1, 1].

    Args:
        va (Tensor): Valence and arousal, ``(N, 2)``, NaN = unknown.
        grid (int): Bins G along each axis. Defaults to 8.

    Returns:
        Tensor: int64 ``(N, )``: G times the row (arousal) plus the column
        (valence); -1 where one of both is unknown.
    """
    unknown = va.isnan().any(1)
    place = ((va.nan_to_num(0.).float() + 1) * grid / 2).long()
    column, row = place.clamp(0, grid - 1).unbind(1)
    return (grid * row + column).masked_fill(unknown, -1)


def va_bin_counts(bins: torch.Tensor, grid: int = 8) -> torch.Tensor:
    """How many samples lie in each bin and near it.

    Args:
        bins (Tensor): What :func:`va_bins` gave, ``(N, )``.
        grid (int): Bins G along each axis. Defaults to 8.

    Returns:
        Tensor: float32 ``(G, G)``, smoothed by a 3x3 Gaussian; beyond the
        border there are none.
    """
    counts = one_hot(bins, grid**2).sum(0).view(grid, grid)
    for _ in range(2):  # along the rows, then along the columns
        wide = pad(counts, (1, 1))
        beside = wide[:, :-2] + wide[:, 2:]
        counts = (_KEPT * counts + (1 - _KEPT) / 2 * beside).T
    return counts


def va_bin_weights(va: torch.Tensor,
                   grid: int = 8,
                   low: float = 0.5,
                   high: float = 2.0) -> torch.Tensor:
    """Weights that make rare places of the plane count more.

    The inverse of the smoothed count of a sample's bin in the batch, divided
    by its mean over the known samples, then clipped. All of it is our choice:
    a balance on the continuous axes that does not look at the class label.

    Args:
        va (Tensor): Valence and arousal, ``(N, 2)``, NaN = unknown.
        grid (int): Bins along each axis. Defaults to 8.
        low (float): Defaults to 0.5.
        high (float): Defaults to 2.0.

    Returns:
        Tensor: float32 ``(N, )`` without gradient; 1 where the bin is
        unknown.
    """
    with torch.no_grad():
        bins = va_bins(va, grid)
        known = (bins >= 0).float()
        counts = va_bin_counts(bins, grid).flatten()[bins.clamp(min=0)]
        inverse = known / counts.clamp(min=_KEPT**2)
        mean = inverse.sum() / known.sum().clamp(min=1)
        weights = (inverse / mean.clamp(min=1e-12)).clamp(low, high)
        return torch.where(bins >= 0, weights, 1.)
