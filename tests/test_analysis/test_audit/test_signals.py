# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.analysis.audit import (belief_signal, confidence_signal,
                                  duplicate_signal, history_signal,
                                  neighbor_signal)

CLASSES = ['a', 'b', 'c']
LABELS = np.array([0, 1, 1, 2, 0])


def test_belief_in_other_classes_is_suspicious():
    belief = np.array([[.7, .2, .1], [.5, .5, 0], [np.nan] * 3,
                       [0, 0, 1], [0, .4, .6]])
    got = belief_signal(belief, LABELS).suspicion
    np.testing.assert_allclose(got, [.3, .5, np.nan, 0, 1])


def test_neighbors_against_a_loop():
    rng = np.random.default_rng(0)
    indices = rng.integers(0, 5, (5, 4))
    weights = rng.random((5, 4)) * (rng.random((5, 4)) < .7)
    weights[3] = 0
    got = neighbor_signal(indices, weights, LABELS, 3)
    for i in (0, 1, 2, 4):
        other = sum(w for j, w in zip(indices[i], weights[i])
                    if LABELS[j] != LABELS[i])
        assert got.suspicion[i] == pytest.approx(other / weights[i].sum())
    assert np.isnan(got.suspicion[3]) and np.isnan(got.belief[3]).all()


def test_copies_of_an_image():
    got = duplicate_signal([[0, 4], [1, 2, 3]], LABELS, CLASSES, 'vwxyz')
    np.testing.assert_allclose(got.suspicion, [0, 1 / 3, 1 / 3, 2 / 3, 0])
    np.testing.assert_allclose(got.belief[3], [0, 2 / 3, 1 / 3])
    assert got.notes[3] == 'same image: w (b), x (b)' and 0 not in got.notes
    assert np.isnan(duplicate_signal([[0, 4]], LABELS, CLASSES,
                                     'vwxyz').suspicion[1])


def test_history_of_a_label_bank():
    rows = [dict(epoch=1, index=0, old='a', new='b'),
            dict(epoch=2, index=0, old='b', new='a'),
            dict(epoch=2, index=3, old='c', new='a')]
    got = history_signal(np.array([0, 1, 1, 0, 0]), LABELS, CLASSES, rows)
    assert got.suspicion.tolist() == [.5, 0, 0, 1, 0]
    assert got.belief[3].tolist() == [1, 0, 0]
    assert np.isnan(got.belief[[0, 1, 2, 4]]).all()
    assert got.notes[0] == 'label bank; epoch 1: a to b; epoch 2: b to a'


def test_confidence():
    got = confidence_signal(np.array([.25, np.nan, 1.5], dtype=np.float32))
    np.testing.assert_allclose(got.suspicion, [.75, np.nan, 0])
    assert got.belief is None
