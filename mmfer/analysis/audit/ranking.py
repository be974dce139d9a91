# Copyright (c) mmfer contributors.
"""From several signals to one ranking, and how good it is."""
import warnings
from typing import Dict, Mapping, NamedTuple

import numpy as np

from mmfer.errors import ConfigError
from ..auc import auc
from .signals import Signal


class Ranking(NamedTuple):
    """What all signals together say of N labels.

    Args:
        score (np.ndarray): How suspicious each label is, float64 of shape
            ``(N, )`` in [0, 1].
        proposal (np.ndarray): The most believed label, int64 of shape
            ``(N, )``; the given one where it is.
        agreement (np.ndarray): Of the signals that propose labels for the
            sample, the share that propose this one, float64 of shape
            ``(N, )``.
        weights (Dict[str, float]): How much each signal counts in the score,
            see :func:`signal_weights`.
    """
    score: np.ndarray
    proposal: np.ndarray
    agreement: np.ndarray
    weights: Dict[str, float]

    @property
    def order(self) -> np.ndarray:
        """The samples, the most suspicious first, int64 of shape
        ``(N, )``."""
        return np.argsort(-self.score, kind='stable')

    def corrected(self, labels: np.ndarray,
                  least_agreement: float = 0.75) -> np.ndarray:
        """The labels after correction.

        Args:
            labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
            least_agreement (float): The least agreement with which a
                proposal is taken, in (0, 1]. Defaults to 0.75, our choice.

        Raises:
            ValueError: If ``least_agreement`` is out of range.
        """
        if not 0 < least_agreement <= 1:
            raise ConfigError('the least agreement must lie in (0, 1], got '
                              f'{least_agreement}',
                              hint='0.75 is the default')
        return np.where(self.agreement >= least_agreement, self.proposal,
                        labels)


def rank_shares(values: np.ndarray) -> np.ndarray:
    """The place of each value among the known ones, in (0, 1).

    Args:
        values (np.ndarray): float of shape ``(N, )``; NaN = unknown, and
            stays so. Equal values share the middle of their places.
    """
    known = np.sort(values[~np.isnan(values)])
    below = np.searchsorted(known, values, 'left')
    upto = np.searchsorted(known, values, 'right')
    shares = (below + upto) / 2 / max(len(known), 1)
    return np.where(np.isnan(values), np.nan, shares)


def signal_weights(shares: np.ndarray) -> np.ndarray:
    """How much each signal is worth, without knowing any true label.

    A signal counts by the part of its variance that the mean of the others
    explains, the squared correlation of the two, and not at all where it
    contradicts them: a signal that knows nothing agrees with none (our
    choice). Where no two agree, all count alike.

    Args:
        shares (np.ndarray): Rank shares of S signals, float64 of shape
            ``(S, N)``; NaN = unknown.

    Returns:
        np.ndarray: float64 of shape ``(S, )``, each in [0, 1].
    """
    weights = np.zeros(len(shares))
    for i, own in enumerate(shares):
        others = np.delete(shares, i, 0)
        known = ~np.isnan(own) & ~np.isnan(others).all(0)
        if known.sum() < 3:
            continue
        pair = np.stack([own[known], np.nanmean(others[:, known], 0)])
        if (pair.std(1) > 0).all():
            weights[i] = max(np.corrcoef(pair)[0, 1], 0) ** 2
    return weights if weights.any() else np.ones(len(shares))


def rank(signals: Mapping[str, Signal], labels: np.ndarray) -> Ranking:
    """Put signals together.

    The score is the mean of the rank shares of those signals that know
    something of the sample, weighed by :func:`signal_weights`; the proposal
    is the class with the greatest mean belief (our choices).

    Args:
        signals (Mapping[str, Signal]): The signals.
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.

    Raises:
        ValueError: If there is no signal.
    """
    if not signals:
        raise ConfigError('no signal is left to audit labels by',
                          hint='name others with --signals')
    beliefs = [s.belief for s in signals.values() if s.belief is not None]
    shares = np.stack([rank_shares(s.suspicion) for s in signals.values()])
    weights = signal_weights(shares)
    named = dict(zip(signals, weights.tolist()))
    counted = np.where(np.isnan(shares), 0, weights[:, None])
    score = (counted * np.nan_to_num(shares)).sum(0) / np.maximum(
        counted.sum(0), 1e-12)
    if not beliefs:
        return Ranking(score, labels.copy(), np.zeros(len(labels)), named)
    with warnings.catch_warnings():
        # A mean over no signal is NaN, as it should be.
        warnings.simplefilter('ignore', RuntimeWarning)
        mean = np.nanmean(beliefs, 0)
    silent = np.isnan(mean).any(1)
    proposal = np.where(silent, labels, np.nan_to_num(mean).argmax(1))
    speaks = ~np.isnan(np.stack(beliefs)).any(2)
    votes = np.nan_to_num(np.stack(beliefs)).argmax(2)
    agreement = ((votes == proposal) & speaks).sum(0) / np.maximum(
        speaks.sum(0), 1)
    return Ranking(score, proposal, agreement, named)


def ranking_quality(suspicion: np.ndarray, wrong: np.ndarray,
                    top: float = 0.1) -> Dict[str, float]:
    """How well a ranking finds labels that are known to be wrong.

    Args:
        suspicion (np.ndarray): float of shape ``(N, )``; NaN counts least.
        wrong (np.ndarray): Whether the label is wrong, bool of shape
            ``(N, )``.
        top (float): The part that is looked at, in (0, 1]. Defaults to 0.1.

    Returns:
        dict[str, float]: ``precision``: the share of wrong labels in the
        top, equal values at its border counting in part. ``auc``: the
        probability that a wrong label is more suspicious than a right one,
        ties counting half; NaN if there are not both kinds.
    """
    values = np.nan_to_num(suspicion, nan=-np.inf)
    number = max(round(top * len(values)), 1)
    border = np.sort(values)[-number]
    above, tied = values > border, values == border
    hits = wrong[above].sum() + (number - above.sum()) * wrong[tied].mean()
    return dict(precision=float(hits / number),
                auc=auc(values[wrong], values[~wrong]))
