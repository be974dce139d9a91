# Copyright (c) mmfer contributors.
"""From several signals to one ranking, and how good it is."""
import warnings
from typing import Dict, Mapping, NamedTuple

import numpy as np

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
    """
    score: np.ndarray
    proposal: np.ndarray
    agreement: np.ndarray

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
            raise ValueError('the least agreement must lie in (0, 1], got '
                             f'{least_agreement}. Remedy: 0.75 is the default')
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


def rank(signals: Mapping[str, Signal], labels: np.ndarray) -> Ranking:
    """Put signals together.

    The score is the mean of the rank shares of those signals that know
    something of the sample, all alike; the proposal is the class with the
    greatest mean belief (our choices).

    Args:
        signals (Mapping[str, Signal]): The signals.
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.

    Raises:
        ValueError: If there is no signal.
    """
    if not signals:
        raise ValueError('no signal is left to audit labels by. Remedy: name '
                         'others with --signals')
    beliefs = [s.belief for s in signals.values() if s.belief is not None]
    with warnings.catch_warnings():
        # A mean over no signal is NaN, as it should be.
        warnings.simplefilter('ignore', RuntimeWarning)
        score = np.nanmean(
            [rank_shares(s.suspicion) for s in signals.values()], 0)
        mean = np.nanmean(beliefs, 0) if beliefs else None
    score = np.nan_to_num(score)
    if mean is None:
        return Ranking(score, labels.copy(), np.zeros(len(labels)))
    silent = np.isnan(mean).any(1)
    proposal = np.where(silent, labels, np.nan_to_num(mean).argmax(1))
    speaks = ~np.isnan(np.stack(beliefs)).any(2)
    votes = np.nan_to_num(np.stack(beliefs)).argmax(2)
    agreement = ((votes == proposal) & speaks).sum(0) / np.maximum(
        speaks.sum(0), 1)
    return Ranking(score, proposal, agreement)


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
