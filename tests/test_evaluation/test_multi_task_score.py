# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from sklearn.metrics import f1_score

from mmfer.evaluation import MultiTaskScore, VAMetric
from mmfer.structures import FERDataSample
from .test_au_metric import NAMES, au_data
from .test_va_metric import va_data

CLASSES = ('happiness', 'sadness', 'fear')


def _parts(number=50):
    rng = np.random.default_rng(2)
    au, va = au_data(number=number), va_data(number=number)
    scores = rng.dirichlet([.5] * 3, number)
    labels = np.where(rng.random(number) < .6, scores.argmax(1),
                      rng.integers(0, 3, number))
    return (scores, labels), au, va


def _evaluate(expr, au, va, without=(), **kwargs):
    metric = MultiTaskScore(**kwargs)
    metric.dataset_meta = dict(classes=CLASSES, au_names=NAMES)
    for i in range(len(expr[0])):
        sample = FERDataSample(metainfo=dict(img_path=f'face{i}.png'))
        sample.set_pred_score(expr[0][i]).set_pred_au(au[0][i])
        sample.set_pred_va(va[0][i]).set_gt_va(va[1][i])
        if i not in without:
            sample.set_gt_label(int(expr[1][i]))
            sample.set_gt_au(au[1][i])
        metric.process(None, [sample.to_dict()])
    return metric.evaluate(len(expr[0]))


@pytest.mark.parametrize('without', [(), range(0, 50, 3)])
def test_sum_of_the_three_tasks(without):
    expr, au, va = _parts()
    got = _evaluate(expr, au, va, without)
    kept = [i for i in range(50) if i not in without]
    want = f1_score(expr[1][kept], expr[0][kept].argmax(1), average='macro')
    assert got['multi_task/expr_f1'] == pytest.approx(want)
    units = []
    for k in range(3):
        known = [i for i in kept if not np.isnan(au[1][i, k])]
        units.append(f1_score(au[1][known, k], au[0][known, k] >= .5))
    assert got['multi_task/au_f1'] == pytest.approx(np.mean(units))
    ccc = VAMetric.calculate(*(side.astype(np.float64) for side in va))['ccc']
    assert got['multi_task/ccc'] == pytest.approx(ccc)
    assert got['multi_task/score'] == pytest.approx(
        want + np.mean(units) + ccc)


def test_perfect_is_three():
    expr, au, va = _parts()
    au[1][np.isnan(au[1])] = 0
    got = _evaluate((np.eye(3)[expr[1]], expr[1]), (au[1], au[1]),
                    (np.nan_to_num(va[1]), va[1]))
    assert got['multi_task/score'] == pytest.approx(3)


def test_bad_sets():
    expr, au, va = _parts()
    with pytest.raises(ValueError, match='nothing to evaluate'):
        MultiTaskScore().evaluate(0)
    metric = MultiTaskScore()
    sample = FERDataSample().set_pred_score(expr[0][0]).set_pred_au(au[0][0])
    sample.set_pred_va(va[0][0])
    metric.process(None, [sample.to_dict()])
    with pytest.raises(ValueError, match='no sample .* has an expression'):
        metric.evaluate(1)
