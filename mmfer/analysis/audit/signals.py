# Copyright (c) mmfer contributors.
"""What speaks against the given labels."""
from typing import Any, Dict, NamedTuple, Optional, Sequence

import numpy as np

#: Name of a signal -> what it is, for readers of a report.
SIGNALS: Dict[str, str] = dict(
    out_of_fold='confident learning on probabilities of classifiers that '
    'have not seen the label',
    probability='1 - the probability that the model gives to the label',
    confidence='1 - how far the model says that it trusts the sample',
    history='the label bank has changed the label in training',
    neighbors='share of like faces that have another label',
    duplicates='share of the copies of the image that have another label')


class Signal(NamedTuple):
    """One kind of evidence about the labels of N samples.

    Args:
        suspicion (np.ndarray): How much speaks against the given label,
            float64 of shape ``(N, )`` in [0, 1]; NaN = nothing is known.
        belief (np.ndarray, optional): What the label should be, shares of
            the C classes, float64 of shape ``(N, C)``; NaN = nothing is
            known. None for signals that propose no label.
        notes (dict[int, str]): What to tell about single samples.
    """
    suspicion: np.ndarray
    belief: Optional[np.ndarray] = None
    notes: Dict[int, str] = {}


def belief_signal(belief: np.ndarray, labels: np.ndarray,
                  notes: Optional[Dict[int, str]] = None) -> Signal:
    """A signal whose suspicion is what it believes of the other classes.

    Args:
        belief (np.ndarray): Shares of the classes, ``(N, C)``.
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
        notes (dict[int, str], optional): See :class:`Signal`. Defaults to
            None.
    """
    belief = np.asarray(belief, dtype=np.float64)
    own = belief[np.arange(len(labels)), labels]
    return Signal(1 - own, belief, notes or {})


def neighbor_signal(indices: np.ndarray, weights: np.ndarray,
                    labels: np.ndarray, num_classes: int) -> Signal:
    """The labels of like faces.

    Args:
        indices (np.ndarray): Neighbours, int of shape ``(N, K)``.
        weights (np.ndarray): How near they are, ``(N, K)``; 0 = none.
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
        num_classes (int): The number of classes.
    """
    votes = np.zeros((len(labels), num_classes))
    rows = np.arange(len(labels))[:, None]
    np.add.at(votes, (rows, labels[indices]), weights)
    total = votes.sum(1, keepdims=True)
    belief = np.divide(votes, total, out=np.full_like(votes, np.nan),
                       where=total > 0)
    return belief_signal(belief, labels)


def duplicate_signal(groups: Sequence[Sequence[int]], labels: np.ndarray,
                     classes: Sequence[str],
                     paths: Sequence[str]) -> Signal:
    """The labels of copies of one image.

    Args:
        groups (Sequence[Sequence[int]]): Samples that show the same image.
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
        classes (Sequence[str]): The class names.
        paths (Sequence[str]): The image of each sample, for the notes.
    """
    belief = np.full((len(labels), len(classes)), np.nan)
    notes: Dict[int, str] = {}
    for group in groups:
        members = np.asarray(group)
        votes = np.bincount(labels[members], minlength=len(classes))
        belief[members] = votes / len(members)
        if votes.max() == len(members):
            continue
        for place in group:
            notes[place] = 'same image: ' + ', '.join(
                f'{paths[i]} ({classes[labels[i]]})' for i in group
                if i != place)
    return belief_signal(belief, labels, notes)


def confidence_signal(confidence: np.ndarray) -> Signal:
    """How little the model trusts its samples.

    Args:
        confidence (np.ndarray): float of shape ``(N, )`` in [0, 1]; NaN =
            unknown.
    """
    return Signal(1 - np.clip(confidence.astype(np.float64), 0, 1))


def history_signal(now: np.ndarray, labels: np.ndarray,
                   classes: Sequence[str],
                   corrections: Sequence[Dict[str, Any]] = ()) -> Signal:
    """What a label bank did in training.

    1 where the label differs at the end, 0.5 where it was changed and given
    back (our choice), 0 elsewhere. Only changed labels are proposals.

    Args:
        now (np.ndarray): The labels of the bank, int64 of shape ``(N, )``.
        labels (np.ndarray): The given labels, likewise.
        classes (Sequence[str]): The class names.
        corrections (Sequence[dict]): Each change, from
            :func:`~mmfer.analysis.correction_flow.read_corrections`.
            Defaults to (), not known.
    """
    changed = now != labels
    suspicion = changed.astype(np.float64)
    belief = np.full((len(labels), len(classes)), np.nan)
    belief[changed] = np.eye(len(classes))[now[changed]]
    notes: Dict[int, str] = {}
    for row in corrections:
        place = row['index']
        notes[place] = notes.get(place, 'label bank') + (
            f"; epoch {row['epoch']}: {row['old']} to {row['new']}")
    back = [place for place in notes if not changed[place]]
    suspicion[back] = 0.5
    return Signal(suspicion, belief, notes)
