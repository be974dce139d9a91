# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from mmfer.analysis.calibration import (cross_fitted, draw_reliability,
                                        fit_temperature, reliability, rescale)
from mmfer.evaluation import FERMetric

RNG = np.random.default_rng(0)


def sample(number=400, sharpness=1.):
    """Scores whose labels are drawn by them, then made more or less sure."""
    scores = RNG.dirichlet([.5] * 4, number)
    labels = np.array([RNG.choice(4, p=p) for p in scores])
    return rescale(scores, 1 / sharpness), labels


def test_error_equals_that_of_the_metric():
    scores, labels = sample()
    scores[0], labels[0] = [0, 1, 0, 0], 2
    found = reliability(scores, labels)
    metrics, _ = FERMetric.calculate(scores, labels)
    assert found.ece == pytest.approx(metrics['ece'], abs=1e-6)
    assert found.counts.sum() == 400 and np.isnan(found.accuracy[0])


def test_temperature_equals_scipy():
    scores, labels = sample(sharpness=2.5)

    def loss(log_t):
        scaled = rescale(scores, np.exp(log_t))
        return -np.log(scaled[np.arange(400), labels]).mean()

    want = np.exp(minimize_scalar(loss, bounds=(-3, 3), method='bounded').x)
    assert fit_temperature(scores, labels) == pytest.approx(want, rel=1e-3)
    assert want == pytest.approx(2.5, rel=.2)
    np.testing.assert_allclose(rescale(scores, 1.), scores, atol=1e-9)


def test_all_right_or_all_wrong_has_a_limit():
    scores = np.array([[.6, .4], [.3, .7]])
    assert 1e-3 <= fit_temperature(scores, np.array([0, 1])) < .02
    assert fit_temperature(scores, np.array([1, 0])) == pytest.approx(1e3)


def test_halves_scale_each_other(tmp_path):
    scores, labels = sample(sharpness=3.)
    scaled = cross_fitted(scores, labels)
    order = np.random.RandomState(0).permutation(400)
    other = fit_temperature(scores[order[200:]], labels[order[200:]])
    np.testing.assert_allclose(scaled[order[:200]],
                               rescale(scores[order[:200]], other))
    before, after = reliability(scores, labels), reliability(scaled, labels)
    assert after.ece < before.ece / 2
    draw_reliability(before, after, str(tmp_path / 'r.png'))
    assert (tmp_path / 'r.png').stat().st_size > 10000
