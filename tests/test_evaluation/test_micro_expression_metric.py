# Copyright (c) mmfer contributors.
import json

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from sklearn.metrics import (accuracy_score, balanced_accuracy_score,
                             confusion_matrix, f1_score)

from mmfer.evaluation import MicroExpressionMetric
from mmfer.structures import FERDataSample

CLASSES = ('negative', 'positive', 'surprise')


def pool(num=60, seed=0):
    random = np.random.default_rng(seed)
    truth = random.choice(3, num, p=[.6, .25, .15])
    found = np.where(random.random(num) < .6, truth, random.choice(3, num))
    return found, truth, random.choice(['samm', 'smic'], num)


def evaluate(found, truth, sets, **kwargs):
    evaluator = Evaluator(MicroExpressionMetric(**kwargs))
    evaluator.dataset_meta = dict(classes=CLASSES)
    samples = []
    for prediction, label, source in zip(found, truth, sets):
        sample = FERDataSample().set_gt_label(int(label)).set_pred_score(
            torch.eye(3)[prediction] * .8 + .2 / 3)
        if source:
            sample.set_field(source, 'source_set', field_type='metainfo')
        samples.append(sample)
    for start in range(0, len(samples), 7):
        evaluator.process(samples[start:start + 7])
    return evaluator.evaluate(len(samples))


def test_against_scikit_learn(tmp_path):
    found, truth, sets = pool()
    metrics = evaluate(found, truth, sets, out_dir=str(tmp_path))
    assert len(metrics) == 9
    for name, rows in (('', slice(None)), ('_samm', sets == 'samm'),
                       ('_smic', sets == 'smic')):
        one = truth[rows], found[rows]
        assert metrics[f'expr/uf1{name}'] == pytest.approx(
            100 * f1_score(*one, average='macro'))
        assert metrics[f'expr/uar{name}'] == pytest.approx(
            100 * balanced_accuracy_score(*one))
        assert metrics[f'expr/accuracy{name}'] == pytest.approx(
            100 * accuracy_score(*one))
    content = json.loads((tmp_path / 'confusion_matrix.json').read_text())
    assert content['counts'] == confusion_matrix(truth, found).tolist()
    assert content['uf1'] == metrics['expr/uf1']
    assert (tmp_path / 'confusion_matrix.png').is_file()


def test_pooled_is_not_the_mean_of_folds():
    """Two subjects; the mean of their own scores would be another."""
    found, truth = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    metrics, matrix = MicroExpressionMetric.pooled(found, truth, 2)
    assert matrix.tolist() == [[2, 0], [1, 1]]
    assert metrics['uf1'] == pytest.approx(100 * (4 / 5 + 2 / 3) / 2)
    folds = [MicroExpressionMetric.pooled(found[f], truth[f], 2)[0]['uf1']
             for f in (slice(0, 2), slice(2, 4))]
    assert abs(np.mean(folds) - metrics['uf1']) > 5


@pytest.mark.parametrize('absent, uf1, uar', [
    ('exclude', 100 * (2 / 3 + 0) / 2, 50), ('zero', 100 * 2 / 9, 50 / 3)])
def test_a_class_absent_from_a_fold(absent, uf1, uar):
    """One class of three occurs; another is predicted, the third neither."""
    metrics = evaluate([0, 1], [0, 0], ['', ''], absent=absent)
    assert metrics == {
        'expr/uf1': pytest.approx(uf1), 'expr/uar': pytest.approx(uar),
        'expr/accuracy': 50}


def test_one_set_has_no_scores_of_its_own():
    assert set(evaluate([0, 1], [0, 1], ['smic'] * 2)) == {
        'expr/uf1', 'expr/uar', 'expr/accuracy'}
    assert 'expr/uf1_unknown' in evaluate([0, 1], [0, 1], ['smic', ''])


def test_bad_use():
    with pytest.raises(ValueError, match="absent must be .* got 'mean'"):
        MicroExpressionMetric(absent='mean')
    for name in ('groups', 'ece_bins'):  # of FERMetric, not measured here
        with pytest.raises(TypeError, match=name):
            MicroExpressionMetric(**{name: None})
    metric = MicroExpressionMetric()
    with pytest.raises(ValueError, match='nothing to evaluate'):
        metric.compute_metrics([])
    with pytest.raises(ValueError, match='no pred_score'):
        metric.process(None, [dict(gt_label=torch.tensor([0]))])
