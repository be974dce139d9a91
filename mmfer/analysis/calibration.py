# Copyright (c) mmfer contributors.
"""Whether a model is right as often as it says."""
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmfer.visualization.colors import SKY_BLUE, VERMILION

_EPS = 1e-12  # the least probability of which a logarithm is taken


class Reliability(NamedTuple):
    """Confidence and accuracy in B bins of equal width.

    Args:
        counts (np.ndarray): Samples in each bin, int64 of shape ``(B, )``.
        confidence (np.ndarray): Mean of the greatest probability, float64 of
            shape ``(B, )``; NaN in an empty bin.
        accuracy (np.ndarray): Share of right predictions, likewise.
        ece (float): Expected calibration error in [0, 1], the mean distance
            of the two over all samples.
    """
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    ece: float


def reliability(scores: np.ndarray, labels: np.ndarray,
                num_bins: int = 15) -> Reliability:
    """Compare confidence and accuracy.

    Args:
        scores (np.ndarray): Class probabilities, ``(N, C)``.
        labels (np.ndarray): True classes, int64 of shape ``(N, )``.
        num_bins (int): The number of bins B. Defaults to 15, as in
            :class:`~mmfer.evaluation.FERMetric`.
    """
    confidence, hits = scores.max(1), scores.argmax(1) == labels
    edges = np.linspace(0, 1, num_bins + 1)[1:-1]
    place = np.searchsorted(edges, confidence, 'right')
    counts = np.bincount(place, minlength=num_bins)
    with np.errstate(invalid='ignore'):
        means = [np.bincount(place, values, num_bins) / counts
                 for values in (confidence, hits)]
    gap = np.abs(means[0] - means[1])
    ece = float(np.nansum(gap * counts) / len(labels))
    return Reliability(counts, means[0], means[1], ece)


def fit_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the least negative log-likelihood.

    After Guo et al., ICML 2017; found by halving an interval, since the
    derivative by the inverse temperature only grows.

    Args:
        scores (np.ndarray): Class probabilities, ``(N, C)``.
        labels (np.ndarray): True classes, int64 of shape ``(N, )``.

    Returns:
        float: In [0.001, 1000]; above 1 for a model that is too sure.
    """
    logits = np.log(np.maximum(scores.astype(np.float64), _EPS))
    own = logits[np.arange(len(labels)), labels].mean()
    low, high = -np.log(1000), np.log(1000)
    for _ in range(50):
        middle = (low + high) / 2
        expected = (rescale(scores, np.exp(-middle)) * logits).sum(1).mean()
        low, high = (middle, high) if expected < own else (low, middle)
    return float(np.exp(-(low + high) / 2))


def rescale(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities at another temperature.

    Args:
        scores (np.ndarray): Class probabilities, ``(N, C)``.
        temperature (float): Above 1 makes them more alike.

    Returns:
        np.ndarray: float64 of shape ``(N, C)``.
    """
    logits = np.log(np.maximum(scores.astype(np.float64), _EPS)) / temperature
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True)


def cross_fitted(scores: np.ndarray, labels: np.ndarray,
                 seed: int = 0) -> np.ndarray:
    """Probabilities, each half of the set at the temperature of the other.

    So that what the scaling is worth is not told by samples that chose it.

    Args:
        scores (np.ndarray): Class probabilities, ``(N, C)``, N > 1.
        labels (np.ndarray): True classes, int64 of shape ``(N, )``.
        seed (int): By which the set is halved. Defaults to 0.

    Returns:
        np.ndarray: float64 of shape ``(N, C)``.
    """
    order = np.random.RandomState(seed).permutation(len(labels))
    first, second = np.array_split(order, 2)
    scaled = np.empty(scores.shape)
    for half, other in ((first, second), (second, first)):
        scaled[half] = rescale(
            scores[half], fit_temperature(scores[other], labels[other]))
    return scaled


def draw_reliability(before: Reliability, after: Reliability,
                     path: str) -> None:
    """Draw accuracy over confidence, and how many samples there are.

    Args:
        before (Reliability): Of the model as it is.
        after (Reliability): With temperature scaling.
        path (str): The figure to write.
    """
    figure = Figure(figsize=(9, 5.5), layout='constrained')
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, 2, sharex=True, height_ratios=(3, 1))
    for column, title, found in ((0, 'as it is', before),
                                 (1, 'temperature scaling', after)):
        top, bottom = grid[:, column]
        number = len(found.counts)
        centres = (np.arange(number) + 0.5) / number
        top.plot([0, 1], [0, 1], '--', color='black', lw=1,
                 label='right as often as it says')
        top.bar(centres, np.nan_to_num(found.accuracy), 0.9 / number,
                color=SKY_BLUE, label='accuracy')
        top.plot(found.confidence, found.accuracy, 'o', ms=4, color=VERMILION,
                 label='mean confidence')
        top.set_title(f'{title}: ECE {found.ece:.4f}')
        bottom.bar(centres, found.counts, 0.9 / number, color='#BBBBBB')
        bottom.set_xlabel('confidence')
    grid[0, 0].set_ylabel('accuracy')
    grid[1, 0].set_ylabel('samples')
    grid[0, 0].legend()
    figure.savefig(path, dpi=120)
