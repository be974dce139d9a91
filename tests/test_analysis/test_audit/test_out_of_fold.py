# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mmfer.analysis.audit import (confident_learning, out_of_fold_scores,
                                  out_of_fold_signal)
from mmfer.datasets.folds import subject_folds

RNG = np.random.default_rng(0)
TRUE = np.arange(90) % 3
FEATURES = np.eye(3)[TRUE] * 3 + RNG.normal(0, 1, (90, 3))
GROUPS = [f's{i // 3}' for i in range(90)]


def test_scores_equal_a_loop():
    got = out_of_fold_scores(FEATURES, TRUE, GROUPS, 4, num_folds=3)
    folds = subject_folds(GROUPS, TRUE, 3)
    for fold in range(3):
        held = folds == fold
        mean, std = FEATURES[~held].mean(0), FEATURES[~held].std(0)
        model = LogisticRegression(C=.1, max_iter=200).fit(
            (FEATURES[~held] - mean) / std, TRUE[~held])
        want = model.predict_proba((FEATURES[held] - mean) / std)
        np.testing.assert_allclose(got[held, :3], want, atol=1e-6)
    assert (got[:, 3] == 0).all()


def test_own_label_is_not_seen():
    """A sample's scores do not depend on its label, if folds do not."""
    flipped = TRUE.copy()
    flipped[[4, 5]] = flipped[[5, 4]]  # one group: the folds stay
    scores = [out_of_fold_scores(FEATURES, labels, GROUPS, 3, num_folds=3)
              for labels in (TRUE, flipped)]
    np.testing.assert_allclose(scores[0][3:6], scores[1][3:6])
    assert not np.allclose(scores[0], scores[1])


def test_confident_learning_puts_issues_first():
    pytest.importorskip('cleanlab')
    labels = TRUE.copy()
    wrong = RNG.permutation(90)[:12]
    labels[wrong] = (labels[wrong] + 1) % 3
    scores = out_of_fold_scores(FEATURES, labels, GROUPS, 3)
    quality, issue = confident_learning(labels, scores)
    np.testing.assert_allclose(quality, scores[np.arange(90), labels])
    signal = out_of_fold_signal(labels, scores)
    assert set(signal.notes) == set(np.flatnonzero(issue))
    assert signal.suspicion[issue].min() > signal.suspicion[~issue].max()
    assert issue[wrong].mean() > .6 and issue.sum() < 25


def test_bad_too_few_groups():
    with pytest.raises(ValueError, match='5 folds cannot be made of 2'):
        out_of_fold_scores(FEATURES, TRUE, ['a', 'b'] * 45, 3)
