# Copyright (c) mmfer contributors.
import json
import logging
import math

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from sklearn.metrics import (accuracy_score, balanced_accuracy_score,
                             confusion_matrix, f1_score, log_loss,
                             recall_score)

from mmfer.evaluation import FERMetric
from mmfer.registry import METRICS
from mmfer.structures import FERDataSample
from ..processes import run_processes

CLASSES = ('happiness', 'sadness', 'fear', 'anger')


def _data(num=400, classes=4, seed=0, absent=()):
    random = np.random.default_rng(seed)
    scores = random.dirichlet(np.full(classes, 0.4), num)
    present = [c for c in range(classes) if c not in absent]
    labels = np.where(random.random(num) < 0.6, scores.argmax(1),
                      random.integers(0, classes, num))
    labels = np.array([c if c in present else present[0] for c in labels])
    return scores, labels


def _samples(scores, labels, targets=None):
    samples = []
    for i, (score, label) in enumerate(zip(scores, labels)):
        sample = FERDataSample(metainfo=dict(img_path=f'face{i}.png'))
        sample.set_gt_label(int(label)).set_pred_score(
            torch.tensor(score, dtype=torch.float32))
        if targets is not None and targets[i] is not None:
            sample.set_gt_score(torch.tensor(targets[i]).float())
        samples.append(sample)
    return samples


def _evaluate(samples, classes=CLASSES, **kwargs):
    evaluator = Evaluator(FERMetric(**kwargs))
    evaluator.dataset_meta = dict(classes=classes) if classes else None
    for start in range(0, len(samples), 7):
        evaluator.process(samples[start:start + 7])
    return evaluator.evaluate(len(samples))


def _ece(scores, labels, bins):
    """By the definition, one bin after the other."""
    confidence = scores.max(1)
    correct = scores.argmax(1) == labels
    total = 0.0
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = (confidence >= low) & (confidence < high)
        if b == bins - 1:
            inside |= confidence == 1
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() -
                                         confidence[inside].mean())
    return total


def test_registered_under_its_bare_name():
    assert METRICS.get('FERMetric') is FERMetric


@pytest.mark.parametrize('seed', range(3))
def test_agrees_with_scikit_learn(seed):
    scores, labels = _data(seed=seed)
    pred = scores.argmax(1)
    got = _evaluate(_samples(scores, labels))
    want = dict(
        accuracy=100 * accuracy_score(labels, pred),
        uar=100 * balanced_accuracy_score(labels, pred),
        f1=100 * f1_score(labels, pred, average='macro'),
        nll=log_loss(labels, np.maximum(scores, 1e-12), labels=range(4)))
    recalls = recall_score(labels, pred, average=None)
    want.update({f'recall_{c}': 100 * r for c, r in zip(CLASSES, recalls)})
    for key, value in want.items():
        assert got[f'expr/{key}'] == pytest.approx(value, rel=1e-5), key


def test_ece_and_brier_by_plain_loops():
    scores, labels = _data(seed=5)
    got = _evaluate(_samples(scores, labels), ece_bins=10)
    assert got['expr/ece'] == pytest.approx(_ece(scores, labels, 10),
                                            abs=1e-5)
    brier = 0.0
    for score, label in zip(scores, labels):
        for c in range(4):
            brier += (score[c] - (c == label))**2
    assert got['expr/brier'] == pytest.approx(brier / len(labels), rel=1e-5)


def test_ece_of_certain_predictions_falls_into_the_last_bin():
    """0.95, right, and 1.0, wrong, share a bin of fifteen: |.5 - .975|."""
    scores = np.array([[.95, .05], [1., 0.]])
    got, _ = FERMetric.calculate(scores, np.array([0, 1]))
    assert got['ece'] == pytest.approx(0.475, abs=1e-6)


def test_absent_classes_are_left_out_as_in_scikit_learn():
    scores, labels = _data(absent=(1, ), seed=2)
    pred = scores.argmax(1)
    assert (pred == 1).any()
    got = _evaluate(_samples(scores, labels))
    present = [0, 2, 3]
    assert got['expr/uar'] == pytest.approx(100 * recall_score(
        labels, pred, labels=present, average='macro'))
    assert got['expr/f1'] == pytest.approx(100 * f1_score(
        labels, pred, labels=present, average='macro'))
    assert 'expr/recall_sadness' not in got
    assert 'expr/recall_fear' in got


def test_uar_is_of_the_whole_set_and_not_a_mean_over_batches():
    """Batches of seven with one class each would give another number."""
    labels = np.array([0] * 7 + [1] * 14)
    scores = np.eye(2)[[0] * 5 + [1] * 2 + [1] * 7 + [0] * 7]
    got = _evaluate(_samples(scores, labels), ('a', 'b'))
    assert got['expr/uar'] == pytest.approx(100 * (5 / 7 + 7 / 14) / 2)


def test_groups_are_means_of_class_recalls():
    scores, labels = _data(seed=3, absent=(3, ))
    recalls = recall_score(labels, scores.argmax(1), labels=[0, 1, 2, 3],
                           average=None, zero_division=0)
    got = _evaluate(_samples(scores, labels), groups=dict(
        many=['happiness', 2], few=[1], none=['anger']))
    assert got['expr/many'] == pytest.approx(50 * (recalls[0] + recalls[2]))
    assert got['expr/few'] == pytest.approx(100 * recalls[1])
    assert math.isnan(got['expr/none'])


@pytest.mark.parametrize('groups', [
    dict(many=['joy']), dict(many=[4]), dict(many=[0], few=['happiness'])])
def test_bad_groups(groups):
    with pytest.raises(ValueError, match='is no class or named twice'):
        _evaluate(_samples(*_data(num=8)), groups=groups)


def test_groups_by_a_training_list(tmp_path):
    """Sadness 5, anger 3, happiness 3 and fear 1 training faces."""
    path = tmp_path / 'train.txt'
    path.write_text(''.join(f'a b/{i}.jpg {c}\n' for i, c in enumerate(
        '131032010311')))
    scores, labels = _data(seed=4)
    recalls = recall_score(labels, scores.argmax(1), average=None)
    options = dict(groups=dict(many=1, medium=2, few=1),
                   group_file=str(path))
    got = _evaluate(_samples(scores, labels), **options)
    assert got['expr/many'] == pytest.approx(100 * recalls[1])
    assert got['expr/medium'] == pytest.approx(50 * recalls[[0, 3]].sum())
    assert got['expr/few'] == pytest.approx(100 * recalls[2])
    for groups, text, message in (
            (dict(many=3), None, '4 classes.*together 3.*Hint'),
            (options['groups'], 'a.jpg joy\n', "ends with 'joy'.*Hint")):
        if text:
            path.write_text(text)
        with pytest.raises(ValueError, match=message):
            _evaluate(_samples(scores, labels), groups=groups,
                      group_file=str(path))


def test_without_single_classes(tmp_path):
    scores, labels = _data(300, classes=40)
    groups = dict(many=list(range(10)), few=list(range(10, 40)))
    whole, short = [
        _evaluate(_samples(scores, labels), None, groups=groups,
                  per_class=per_class, out_dir=str(tmp_path / str(per_class)))
        for per_class in (True, False)
    ]
    assert short == {key: value for key, value in whole.items()
                     if 'recall' not in key}
    assert len(whole) == len(short) + len(set(labels))
    assert {'expr/many', 'expr/few', 'expr/ece'} < set(short)
    assert (tmp_path / 'True/confusion_matrix.json').is_file()
    assert not (tmp_path / 'False').exists()


def test_perfect_and_uniform_predictions():
    labels = np.arange(40) % 4
    got = _evaluate(_samples(np.eye(4)[labels], labels))
    assert [got[f'expr/{k}'] for k in ('accuracy', 'uar', 'f1')] == [100] * 3
    assert [got[f'expr/{k}'] for k in ('nll', 'brier')] == [0, 0]
    assert got['expr/ece'] == pytest.approx(0, abs=1e-6)
    got = _evaluate(_samples(np.full((40, 4), .25), labels))
    assert got['expr/nll'] == pytest.approx(math.log(4))
    assert got['expr/brier'] == pytest.approx(0.75)


def test_a_score_of_zero_for_the_truth_stays_finite():
    got, _ = FERMetric.calculate(np.eye(2), np.array([1, 1]))
    assert got['nll'] == pytest.approx(-math.log(1e-12) / 2)


def test_kl_with_distribution_targets():
    scores, labels = _data(60)
    targets = [t for t in np.random.default_rng(1).dirichlet([.3] * 4, 60)]
    targets[0], targets[1] = np.eye(4)[2], None
    got = _evaluate(_samples(scores, labels, targets))
    total = 0.0
    for score, target in zip(scores, targets):
        for p, t in zip(score, target if target is not None else ()):
            if t > 0:
                total += t * math.log(t / max(p, 1e-12))
    assert got['expr/kl'] == pytest.approx(total / 59, rel=1e-4)


def test_kl_vanishes_for_the_target_itself_and_is_absent_without_targets():
    scores, labels = _data(60)
    assert _evaluate(_samples(scores, labels,
                              scores))['expr/kl'] == pytest.approx(
                                  0, abs=1e-6)
    assert 'expr/kl' not in _evaluate(_samples(scores, labels))
    one_hot = np.eye(4)[labels]
    assert 'expr/kl' not in _evaluate(_samples(scores, labels, one_hot))


def test_order_of_samples_and_renaming_of_classes_do_not_matter():
    scores, labels = _data()
    base = _evaluate(_samples(scores, labels))
    order = np.random.default_rng(3).permutation(len(labels))
    classes = np.random.default_rng(4).permutation(4)
    got = _evaluate(
        _samples(scores[order][:, classes],
                 np.argsort(classes)[labels[order]]),
        [CLASSES[c] for c in classes])
    assert got == pytest.approx(base)


def test_bfloat16_scores_are_accepted():
    scores, labels = _data()
    samples = _samples(scores, labels)
    for sample in samples:
        sample.set_pred_score(sample.pred_score.bfloat16())
    got = _evaluate(samples)
    assert got['expr/nll'] == pytest.approx(
        log_loss(labels, np.maximum(scores, 1e-12)), rel=2e-2)


def test_only_scalars_are_returned_and_only_small_arrays_kept():
    scores, labels = _data(10)
    metric = FERMetric()
    metric.process(None, [s.to_dict() for s in _samples(scores, labels)])
    assert sum(len(r[0]) for r in metric.results) == 40
    assert isinstance(metric.results[0][0], np.ndarray)
    assert all(type(v) is float for v in metric.evaluate(10).values())


def test_confusion_matrix_is_written(tmp_path):
    scores, labels = _data()
    got = _evaluate(_samples(scores, labels), out_dir=str(tmp_path))
    content = json.loads((tmp_path / 'confusion_matrix.json').read_text())
    assert content['counts'] == confusion_matrix(labels,
                                                 scores.argmax(1)).tolist()
    assert content['classes'] == list(CLASSES)
    assert content['uar'] == got['expr/uar']
    assert (tmp_path / 'confusion_matrix.png').stat().st_size > 5000


def test_confusion_matrix_goes_beside_the_log_file(tmp_path):
    (tmp_path / 'run').mkdir()
    logger = MMLogger.get_instance(
        'beside', log_file=str(tmp_path / 'run' / 'a.log'))
    scores, labels = _data(20)
    _evaluate(_samples(scores, labels), prefix='second')
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.close()
    folder = tmp_path / 'run' / 'vis_data'
    assert sorted(p.name for p in folder.iterdir()) == [
        'second_confusion_matrix.json', 'second_confusion_matrix.png'
    ]
    MMLogger._instance_dict.pop('beside')


def test_without_class_names_indices_are_used():
    scores, labels = _data(50)
    assert 'expr/recall_3' in _evaluate(_samples(scores, labels), None)


def _break(change):
    scores, labels = _data(8)
    samples = _samples(scores, labels, scores)
    change(samples[5])
    return samples


BAD_SAMPLES = {
    'NaN score': (lambda s: s.pred_score.fill_(float('nan')), 'not finite'),
    'inf score': (lambda s: s.pred_score[0:1].fill_(float('inf')),
                  'not finite'),
    'logits': (lambda s: s.set_pred_score(torch.tensor([3., -1, 2, 0])),
               'no distribution'),
    'sigmoids': (lambda s: s.set_pred_score(torch.tensor([.9, .8, .1, .2])),
                 'no distribution'),
    'too many scores': (lambda s: setattr(s, 'pred_score', torch.ones(5) / 5),
                        'does not fit the 4 classes'),
    'too few scores': (lambda s: setattr(s, 'pred_score', torch.ones(2) / 2),
                       'does not fit the 4 classes'),
    'label too high': (lambda s: s.set_gt_label(4), r'one index in \[0, 3\]'),
    'label negative': (lambda s: s.set_gt_label(-1), 'one index'),
    'two labels': (lambda s: s.set_gt_label([0, 1]), 'one index'),
    'no label': (lambda s: s.__delattr__('gt_label'), 'no gt_label'),
    'no prediction': (lambda s: s.__delattr__('pred_score'),
                      'no pred_score'),
    'NaN target': (lambda s: s.gt_score.fill_(float('nan')),
                   'gt_score is not finite'),
    'votes as target': (lambda s: s.gt_score.fill_(10.),
                        'gt_score is no distribution'),
    'target of another length': (
        lambda s: s.__setattr__('gt_score', torch.full((3, ), 1 / 3)),
        'gt_score of shape'),
}


@pytest.mark.parametrize('change, message', BAD_SAMPLES.values(),
                         ids=BAD_SAMPLES)
def test_bad_samples_are_named(change, message):
    with pytest.raises(ValueError, match=rf'face5\.png: .*{message}'):
        _evaluate(_break(change))


@pytest.mark.parametrize('bins', [0, -3, 1.5, None])
def test_bad_number_of_bins(bins):
    with pytest.raises(ValueError, match='ece_bins'):
        FERMetric(ece_bins=bins)


def test_bad_empty_set():
    with pytest.raises(ValueError, match='nothing to evaluate'):
        _evaluate([])


WORKER = '''
import json, sys
import numpy as np, torch, torch.distributed as dist
rank, path = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + path + '/store',
                        rank=rank, world_size=2)
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator
import mmfer
from mmfer.structures import FERDataSample
data = np.load(path + '/data.npz', allow_pickle=False)
scores, labels = data['scores'], data['labels']
result = {}
for round_up in (True, False):
    evaluator = Evaluator(dict(type='mmpretrain.FERMetric', out_dir=path +
                               f'/rank{rank}'))
    evaluator.dataset_meta = dict(classes=['a', 'b', 'c', 'd'])
    mine = list(DefaultSampler(labels, shuffle=False, round_up=round_up))
    for start in range(0, len(mine), 4):
        evaluator.process([
            FERDataSample().set_gt_label(int(labels[i])).set_pred_score(
                torch.tensor(scores[i])).set_gt_score(torch.tensor(scores[i]))
            for i in mine[start:start + 4]])
    result[str(round_up)] = [len(mine), evaluator.evaluate(len(labels))]
json.dump(result, open(path + f'/result{rank}.json', 'w'))
dist.destroy_process_group()
'''


def test_two_processes_with_uneven_shards(tmp_path):
    """23 samples on two processes, padded to 24 or 12 and 11."""
    scores, labels = _data(23, seed=7)
    scores = scores.astype(np.float32)
    np.savez(tmp_path / 'data.npz', scores=scores, labels=labels)
    run_processes(WORKER, tmp_path)
    want = _evaluate(_samples(scores, labels, scores), list('abcd'))
    results = [
        json.loads((tmp_path / f'result{rank}.json').read_text())
        for rank in range(2)
    ]
    assert [r['False'][0] for r in results] == [12, 11]
    assert [r['True'][0] for r in results] == [12, 12]
    for result in results:
        for _, metrics in result.values():
            assert metrics == pytest.approx(want, abs=1e-6)
    assert (tmp_path / 'rank0' / 'confusion_matrix.json').is_file()
    assert not (tmp_path / 'rank1').exists()
