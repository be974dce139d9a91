# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from sklearn.metrics import (balanced_accuracy_score,
                             precision_recall_fscore_support)

from mmfer.analysis.class_tables import class_table, subject_table
from mmfer.evaluation import count_confusions

RNG = np.random.default_rng(0)
LABELS, PREDICTED = RNG.integers(0, 4, (2, 60))
CLASSES = ['a', 'b', 'c', 'd', 'never']


def test_classes_equal_scikit_learn():
    matrix = count_confusions(LABELS, PREDICTED, 5)
    precision, recall, f1, samples = precision_recall_fscore_support(
        LABELS, PREDICTED, labels=range(4))
    rows = class_table(matrix, CLASSES)
    for i in range(4):
        assert rows[i]['precision'] == pytest.approx(100 * precision[i])
        assert rows[i]['recall'] == pytest.approx(100 * recall[i])
        assert rows[i]['f1'] == pytest.approx(100 * f1[i])
        assert rows[i]['samples'] == samples[i]
        others = [c for c in range(4) if c != i]
        taken = max(others, key=lambda c: matrix[i, c])
        assert rows[i]['taken_for'] == CLASSES[taken]
    assert rows[4]['recall'] is rows[4]['f1'] is None
    assert rows[4]['taken_for'] == ''


def test_subjects_the_worst_first():
    subjects = [['', 'x', 'y', 'z'][i] for i in RNG.integers(0, 4, 60)]
    rows = subject_table(LABELS, PREDICTED, subjects)
    assert {row['subject'] for row in rows} == {'x', 'y', 'z'}
    assert rows == sorted(rows, key=lambda row: row['accuracy'])
    for row in rows:
        own = np.array(subjects) == row['subject']
        # scikit-learn has no class that the person does not show either.
        assert row['uar'] == pytest.approx(100 * balanced_accuracy_score(
            LABELS[own], PREDICTED[own]))
        assert row['samples'] == own.sum()


def test_bad_no_subject():
    with pytest.raises(ValueError, match='no sample tells its subject'):
        subject_table(LABELS, PREDICTED, [''] * 60)
