# Copyright (c) mmfer contributors.
"""Probabilities of classifiers that have not seen the label."""
from typing import Sequence, Tuple

import numpy as np

from mmfer.datasets.folds import subject_folds
from mmfer.errors import MissingPackageError
from .signals import Signal

_HINT = "pip install 'mmfer[analysis]'"


def out_of_fold_scores(features: np.ndarray,
                       labels: np.ndarray,
                       groups: Sequence[str],
                       num_classes: int,
                       num_folds: int = 5,
                       seed: int = 0) -> np.ndarray:
    """Cross-validated class probabilities from features.

    A multinomial logistic regression on standardised features is fitted to
    all folds but one and asked about that one. (The network that gave the
    features has seen all labels; :func:`train_folds` rules that out.)

    Args:
        features (np.ndarray): float of shape ``(N, D)``.
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
        groups (Sequence[str]): Who stands on each sample; a group is never
            divided among folds.
        num_classes (int): The number of classes C.
        num_folds (int): The number of folds. Defaults to 5.
        seed (int): The seed of the folds. Defaults to 0.

    Returns:
        np.ndarray: float64 of shape ``(N, C)``; 0 for a class that occurs in
        one fold only.

    Raises:
        ImportError: If scikit-learn is missing.
        ValueError: If there are fewer groups than folds.
    """
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError:
        raise MissingPackageError('out-of-fold probabilities need '
                                  'scikit-learn',
                                  hint=_HINT) from None
    folds = subject_folds(groups, labels, num_folds, seed)
    scores = np.zeros((len(labels), num_classes))
    for fold in range(num_folds):
        held = np.flatnonzero(folds == fold)
        rest = folds != fold
        # The strength of the penalty is our choice.
        classifier = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
        classifier.fit(features[rest], labels[rest])
        scores[np.ix_(held, classifier[-1].classes_)] = (
            classifier.predict_proba(features[held]))
    return scores


def confident_learning(labels: np.ndarray, scores: np.ndarray
                       ) -> Tuple[np.ndarray, np.ndarray]:
    """Label quality and label issues by cleanlab (Northcutt et al., JAIR
    2021), with its default settings.

    Args:
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
        scores (np.ndarray): Out-of-fold probabilities, ``(N, C)``.

    Returns:
        tuple[np.ndarray, np.ndarray]: Quality in [0, 1], float64 of shape
        ``(N, )``; and whether the label is an issue, bool likewise.

    Raises:
        ImportError: If cleanlab is missing.
    """
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        raise MissingPackageError('confident learning needs cleanlab',
                                  hint=_HINT) from None
    return (get_label_quality_scores(labels, scores),
            find_label_issues(labels, scores, n_jobs=1))


def out_of_fold_signal(labels: np.ndarray, scores: np.ndarray) -> Signal:
    """Label issues first, both halves by label quality.

    Args:
        labels (np.ndarray): The given labels, int64 of shape ``(N, )``.
        scores (np.ndarray): Out-of-fold probabilities, ``(N, C)``.
    """
    quality, issue = confident_learning(labels, scores)
    notes = {int(i): 'label issue by confident learning'
             for i in np.flatnonzero(issue)}
    return Signal((1 - quality + issue) / 2, scores, notes)
