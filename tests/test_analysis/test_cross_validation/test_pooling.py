# Copyright (c) mmfer contributors.
import json

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, f1_score

from mmfer.analysis.cross_validation import (Pool, pool_results,
                                             pooled_figures, pooled_metrics,
                                             read_predictions)
from mmfer.analysis.cross_validation.report import tables
from mmfer.apis.predictions import SavePredictions


def _by_hand(labels, predicted, num_classes):
    """UF1 and UAR by counting."""
    f1, recall = [], []
    for c in range(num_classes):
        tp = sum(t == p == c for t, p in zip(labels, predicted))
        fp = sum(p == c != t for t, p in zip(labels, predicted))
        fn = sum(t == c != p for t, p in zip(labels, predicted))
        f1.append(2 * tp / (2 * tp + fp + fn))
        recall.append(tp / (tp + fn))
    return np.mean(f1), np.mean(recall)


def test_figures_by_hand():
    rng = np.random.RandomState(0)
    labels, predicted = rng.randint(0, 3, (2, 50))
    found = pooled_figures(confusion_matrix(labels, predicted))
    uf1, uar = _by_hand(labels, predicted, 3)
    assert found['UF1'] == pytest.approx(uf1)
    assert found['UAR'] == pytest.approx(uar)
    assert found['accuracy'] == pytest.approx((labels == predicted).mean())
    assert found['samples'] == 50


def test_classes_that_are_not_there():
    # Class 1 is only predicted, class 2 neither true nor predicted.
    found = pooled_figures(
        confusion_matrix([0, 0, 3], [0, 1, 3], labels=range(4)))
    assert found['UF1'] == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert found['UAR'] == pytest.approx((1 / 2 + 1) / 2)


@pytest.fixture
def folds(tmp_path):
    """Two folds, one of each set, in each of which one class is absent."""
    rows = [[('a', 'a'), ('a', 'b')], [('b', 'b'), ('b', 'b'), ('b', 'a')]]
    for number, pairs in enumerate(rows):
        folder = tmp_path / f'fold{number}'
        folder.mkdir()
        (folder / 'predictions.json').write_text(json.dumps(dict(
            classes=['a', 'b'],
            predictions=[
                dict(label=t, predicted=p, source_set=f'set{number}')
                for t, p in pairs
            ])))
    pool = Pool(list('ppqqq'), ['set0'] * 2 + ['set1'] * 3,
                np.array([0, 0, 1, 1, 1]), ['a', 'b'])
    return [str(tmp_path / f'fold{i}') for i in range(2)], pool


def test_pooled_is_not_the_mean_of_folds(folds):
    result = pool_results(read_predictions(*folds), folds[1], {})
    assert result.matrix.tolist() == [[1, 1], [1, 2]]
    uf1, uar = _by_hand([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], 2)
    assert result.overall['UF1'] == pytest.approx(uf1)
    assert result.overall['UAR'] == pytest.approx(uar)
    each = [result.sets[f'set{i}'] for i in range(2)]
    assert [part['samples'] for part in each] == [2, 3]
    assert np.mean([part['UF1'] for part in each]) != pytest.approx(uf1)


@pytest.mark.parametrize('change, words', [
    (dict(subjects=['p']), 'dataset has changed'),
    (dict(classes=['b', 'a']), 'name another --work-dir')])
def test_bad_predictions(folds, change, words):
    folders, pool = folds
    with pytest.raises(ValueError, match=words):
        read_predictions(folders, pool._replace(**change))


@pytest.fixture
def units(tmp_path):
    """Two folds with action units, of which a third of the labels are
    unknown; no expressions in the dataset. Rows, pool, labels, scores."""
    rng = np.random.RandomState(0)
    truth = rng.choice([0., 1., np.nan], (20, 2))
    scores = rng.rand(20, 2)
    folders = []
    for fold in (slice(0, 6), slice(6, 20)):
        folders.append(tmp_path / f'fold{fold.start}')
        out = SavePredictions(
            str(folders[-1] / 'predictions.json'), ('source_set', ),
            ('gt_au', 'pred_au', 'pred_va'))
        out.dataset_meta = dict(classes=['a', 'b'])
        out.process(None, [
            dict(pred_label=torch.tensor([0]), pred_score=torch.eye(2)[0],
                 gt_au=torch.tensor(t), pred_au=torch.tensor(s))
            for t, s in zip(truth[fold], scores[fold])])
        out.evaluate(len(truth[fold]))
    pool = Pool(['p'] * 6 + ['q'] * 14, ['one'] * 20, np.full(20, -1),
                ['a', 'b'], dict(au_names=('AU1', 'AU2')))
    return read_predictions(folders, pool), pool, truth, scores


def test_action_units_of_all_folds_together(units):
    rows, pool, truth, scores = units
    metrics, problems = pooled_metrics(
        rows, pool, [dict(type='AUMetric'), dict(type='FERMetric'),
                     dict(type='VAMetric')])
    for k, name in enumerate(('AU1', 'AU2')):
        known = ~np.isnan(truth[:, k])
        assert metrics[f'au/f1_{name}'] == pytest.approx(100 * f1_score(
            truth[known, k], scores[known, k] >= .5))
    assert all(name.startswith('au/') for name in metrics)
    # Nothing of a training is lost where a metric does not fit.
    line, = problems
    assert line.startswith('VAMetric is not pooled: ') and 'pred_va' in line


def test_tables_without_expressions(units):
    rows, pool, *_ = units
    results = {seed: pool_results(rows, pool, {'au/f1': 50. + seed})
               for seed in (0, 2)}
    assert results[0].overall == {} == results[0].sets
    assert tables(results) == [
        [('metric', 'all samples'), ['au/f1', '51.0000 ± 1.4142']]]
