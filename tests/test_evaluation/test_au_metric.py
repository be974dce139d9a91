# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, roc_auc_score

from mmfer.evaluation import AUMetric
from mmfer.registry import METRICS
from mmfer.structures import FERDataSample

NAMES = ('AU1', 'AU6', 'AU12')


def au_data(seed=0, number=120):
    """Probabilities, and labels of which a fifth is unknown."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((number, 3)) < [.2, .5, .7]).astype(np.float32)
    scores = np.clip(.25 + .4 * labels + rng.normal(0, .2, labels.shape), 0,
                     1).astype(np.float32).round(2)  # with ties
    labels[rng.random(labels.shape) < .2] = np.nan
    return scores, labels


def _samples(scores, labels):
    samples = []
    for i, (score, label) in enumerate(zip(scores, labels)):
        sample = FERDataSample(metainfo=dict(img_path=f'face{i}.png'))
        sample.set_pred_au(score)
        if label is not None:
            sample.set_gt_au(label)
        samples.append(sample.to_dict())
    return samples


def _evaluate(samples, names=NAMES, **kwargs):
    metric = AUMetric(**kwargs)
    metric.dataset_meta = dict(au_names=names) if names else None
    for start in range(0, len(samples), 7):
        metric.process(None, samples[start:start + 7])
    return metric.evaluate(len(samples))


@pytest.mark.parametrize('threshold', [.5, [.3, .5, .62]])
def test_agrees_with_scikit_learn(threshold):
    scores, labels = au_data()
    got = _evaluate(_samples(scores, labels), threshold=threshold)
    means = dict(f1=[], auc=[], best_f1=[])
    for k, name in enumerate(NAMES):
        known = ~np.isnan(labels[:, k])
        truth, score = labels[known, k], scores[known, k]
        bound = np.broadcast_to(threshold, 3)[k]
        means['f1'].append(f1_score(truth, score >= bound))
        means['auc'].append(roc_auc_score(truth, score))
        tried = [f1_score(truth, score >= t) for t in np.unique(score)]
        means['best_f1'].append(max(tried))
        for kind, values in means.items():
            assert got[f'au/{kind}_{name}'] == pytest.approx(100 * values[-1])
        chosen = got[f'au/threshold_{name}']
        assert f1_score(truth, score >= chosen) == pytest.approx(max(tried))
    for kind, values in means.items():
        assert got[f'au/{kind}'] == pytest.approx(100 * np.mean(values))
    assert all(type(value) is float for value in got.values())


def test_chosen_thresholds_give_the_best_f1():
    scores, labels = au_data(1)
    samples = _samples(scores, labels)
    first = _evaluate(samples)
    chosen = [first[f'au/threshold_{name}'] for name in NAMES]
    second = _evaluate(samples, threshold=chosen)
    assert second['au/f1'] == pytest.approx(first['au/best_f1'])
    assert second['au/f1'] > first['au/f1']


def test_intensities():
    scores, labels = au_data()
    levels = np.where(labels == 1, 3, labels)
    levels[labels == 0] = 1
    assert _evaluate(_samples(scores, levels),
                     label_threshold=2.) == pytest.approx(
                         _evaluate(_samples(scores, labels)))


def test_units_that_never_or_always_occur():
    scores, labels = au_data()
    labels[:, 0], labels[:, 2] = 0, 1
    got = _evaluate(_samples(scores, labels))
    assert not any(name.endswith('AU1') for name in got)
    assert 'au/auc_AU12' not in got
    assert got['au/auc'] == got['au/auc_AU6']
    assert got['au/f1'] == pytest.approx(
        (got['au/f1_AU6'] + got['au/f1_AU12']) / 2)


def test_means_alone_and_samples_without_labels():
    scores, labels = au_data()
    samples = _samples(scores, [None] * 40 + list(labels[40:]))
    got = _evaluate(samples, per_unit=False)
    assert set(got) == {'au/f1', 'au/best_f1', 'au/auc'}
    assert got == pytest.approx(_evaluate(
        _samples(scores[40:], labels[40:]), per_unit=False))
    assert 'au/f1_unit2' in _evaluate(samples, names=None)


def test_registered():
    assert METRICS.get('AUMetric') is AUMetric


@pytest.mark.parametrize('change, message', [
    (lambda s: s.pop('pred_au'), 'face5.png: the sample has no pred_au'),
    (lambda s: s.update(pred_au=torch.tensor([.1, float('nan'), 0.])),
     'face5.png: pred_au is not finite'),
    (lambda s: s.update(gt_au=torch.zeros(2)), r'face5.png: gt_au .*\(2,\)'),
    (lambda s: s.update(pred_au=torch.zeros(4), gt_au=torch.zeros(4)),
     'different lengths'),
    (lambda s: s.update(pred_au=torch.tensor([3., -1, 0])), 'probabilities'),
], ids=['absent', 'nan', 'length', 'lengths', 'logits'])
def test_bad_samples(change, message):
    samples = _samples(*au_data())
    change(samples[5])
    with pytest.raises(ValueError, match=message):
        _evaluate(samples)


def test_bad_sets():
    with pytest.raises(ValueError, match='nothing to evaluate'):
        _evaluate([])
    scores, _ = au_data()
    with pytest.raises(ValueError, match='no action unit is labelled'):
        _evaluate(_samples(scores, [None] * len(scores)))
    with pytest.raises(ValueError, match='names 2 action units'):
        _evaluate(_samples(*au_data()), names=NAMES[:2])
