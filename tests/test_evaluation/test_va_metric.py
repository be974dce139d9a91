# Copyright (c) mmfer contributors.
import math

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr
from sklearn.metrics import mean_squared_error

from mmfer.evaluation import VAMetric
from mmfer.registry import METRICS
from mmfer.structures import FERDataSample


def va_data(seed=0, number=50):
    """Predictions, and labels of which some are unknown."""
    rng = np.random.default_rng(seed)
    labels = rng.uniform(-1, 1, (number, 2)).astype(np.float32)
    predictions = np.clip(
        .7 * labels + rng.normal(.1, .3, labels.shape), -1,
        1).astype(np.float32)
    labels[rng.random(number) < .2] = np.nan
    labels[3, 1] = np.nan
    return predictions, labels


def _evaluate(predictions, labels):
    metric = VAMetric()
    for i, (prediction, label) in enumerate(zip(predictions, labels)):
        sample = FERDataSample(metainfo=dict(img_path=f'face{i}.png'))
        sample.set_pred_va(prediction)
        if label is not None:
            sample.set_gt_va(label)
        metric.process(None, [sample.to_dict()])
    return metric.evaluate(len(predictions))


def test_against_scipy_scikit_learn_and_plain_loops():
    predictions, labels = va_data()
    got = _evaluate(predictions, labels)
    for d, name in enumerate(('valence', 'arousal')):
        known = ~np.isnan(labels[:, d])
        x = predictions[known, d].astype(np.float64)
        y = labels[known, d].astype(np.float64)
        assert got[f'va/pcc_{name}'] == pytest.approx(pearsonr(x, y)[0])
        assert got[f'va/rmse_{name}'] == pytest.approx(
            math.sqrt(mean_squared_error(y, x)))
        agree = sum((a > 0) == (b > 0) for a, b in zip(x, y)) / len(x)
        assert got[f'va/sagr_{name}'] == pytest.approx(agree)
        # By correlation, scale and place, as Lin has it.
        want = 2 * pearsonr(x, y)[0] * x.std() * y.std() / (
            x.std()**2 + y.std()**2 + (x.mean() - y.mean())**2)
        assert got[f'va/ccc_{name}'] == pytest.approx(want)
    for kind in ('ccc', 'pcc', 'rmse', 'sagr'):
        assert got[f'va/{kind}'] == pytest.approx(
            (got[f'va/{kind}_valence'] + got[f'va/{kind}_arousal']) / 2)
    assert len(got) == 12
    assert all(type(value) is float for value in got.values())


def test_ccc_of_population_and_sample_moments():
    """torchmetrics' value goes to ours as the set grows."""
    from torchmetrics.functional import concordance_corrcoef
    x, y = va_data()
    x, y = x[~np.isnan(y).any(1)], y[~np.isnan(y).any(1)]
    for times, close in ((1, False), (1000, True)):
        a, b = np.tile(x, (times, 1)), np.tile(y, (times, 1))
        theirs = concordance_corrcoef(torch.from_numpy(a).double(),
                                      torch.from_numpy(b).double())
        ours = VAMetric.calculate(a, b)
        same = theirs[0].item() == pytest.approx(
            ours['ccc_valence'], abs=1e-5)
        assert same == close


def test_perfect_mirrored_and_constant_predictions():
    _, labels = va_data()
    got = VAMetric.calculate(np.nan_to_num(labels), labels)
    assert got['ccc'] == pytest.approx(1) and got['rmse'] == 0
    assert got['sagr'] == 1
    got = VAMetric.calculate(np.nan_to_num(-labels), labels)
    assert got['pcc'] == pytest.approx(-1) and got['sagr'] == 0
    got = VAMetric.calculate(np.full_like(labels, .2), labels)
    assert got['ccc'] == pytest.approx(0) and math.isnan(got['pcc'])
    same = np.full((5, 2), .2)
    assert math.isnan(VAMetric.calculate(same, same)['ccc'])


def test_samples_without_labels_do_not_count():
    predictions, labels = va_data()
    hidden = [None] * 20 + list(labels[20:])
    assert _evaluate(predictions, hidden) == pytest.approx(
        _evaluate(predictions[20:], labels[20:]))


def test_registered():
    assert METRICS.get('VAMetric') is VAMetric


def test_bad_sets():
    with pytest.raises(ValueError, match='nothing to evaluate'):
        _evaluate([], [])
    predictions, labels = va_data()
    labels[:, 1] = np.nan
    with pytest.raises(ValueError, match='arousal is labelled nowhere'):
        _evaluate(predictions, labels)
    predictions[2] = np.inf
    with pytest.raises(ValueError, match='face2.png: pred_va is not finite'):
        _evaluate(predictions, labels)
