# Copyright (c) mmfer contributors.
import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from mmfer.models.losses import batch_class_weights
from mmfer.registry import MODELS
from mmfer.structures import FERDataSample

LABELS = [0, 0, 0, 0, 0, 0, 0, 3, 3, 1]


def _loss(**options):
    return MODELS.build(
        dict(type='BatchBalancedCrossEntropyLoss', **options))


def _weights_loop(labels, power, low, high):
    """The weights of the samples; unknown labels have 0."""
    known = [y for y in labels if y >= 0]
    raw = {
        c: min(max((len(known) / len(set(known)) / known.count(c))**power,
                   low), high)
        for c in set(known)
    }
    mean = sum(raw[y] for y in known) / len(known)
    return [raw[y] / mean if y >= 0 else 0. for y in labels]


def _loss_loop(logits, labels, weights):
    total = 0.
    for row, y, weight in zip(logits.tolist(), labels, weights):
        norm = math.log(sum(math.exp(v) for v in row))
        total += weight * (norm - row[y])
    return total / len(labels)


@pytest.mark.parametrize('power, low, high', [(.5, .5, 2.), (1., .5, 2.),
                                              (1., .01, 100.), (.3, .9, 1.2)])
@pytest.mark.parametrize('labels', [LABELS, [2, 2], [1], [4, -1, 0, -1, 4]],
                         ids=['rare', 'one class', 'one sample', 'unknown'])
def test_weights_against_a_loop(labels, power, low, high):
    weights = batch_class_weights(torch.tensor(labels), 5, power, low, high)
    assert weights.tolist() == pytest.approx(
        _weights_loop(labels, power, low, high), rel=1e-5)
    known = sum(y >= 0 for y in labels)
    assert float(weights.sum()) / known == pytest.approx(1, rel=1e-5)


def test_rare_classes_weigh_more_within_limits():
    weights = batch_class_weights(torch.tensor(LABELS), 5)
    assert weights[9] > weights[7] > weights[0] > 0
    assert weights[9] / weights[0] <= 4.


@pytest.mark.parametrize('labels', [LABELS, [4, -1, 0, -1, 4]],
                         ids=['rare', 'unknown'])
def test_loss_against_a_loop(labels):
    torch.manual_seed(0)
    logits = torch.randn(len(labels), 5)
    expected = _loss_loop(logits, labels, _weights_loop(labels, .5, .5, 2.))
    value = _loss()(logits, torch.tensor(labels))
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_weights_are_detached():
    """The gradient is that of weights which are plain numbers."""
    logits = torch.randn(10, 5, requires_grad=True)
    labels = torch.tensor(LABELS)
    assert not batch_class_weights(labels, 5).requires_grad
    _loss()(logits, labels).backward()
    weights = torch.tensor(_weights_loop(LABELS, .5, .5, 2.))
    members = torch.eye(5)[labels]
    expected = weights[:, None] * (logits.softmax(1) - members) / 10
    torch.testing.assert_close(logits.grad, expected)


def test_power_zero_is_cross_entropy():
    logits, labels = torch.randn(10, 5), torch.tensor(LABELS)
    torch.testing.assert_close(
        _loss(power=0.)(logits, labels), cross_entropy(logits, labels))


def test_distributions_count_as_their_likeliest_class():
    torch.manual_seed(0)
    logits, labels = torch.randn(10, 5), torch.tensor(LABELS)
    members = torch.eye(5)[labels]
    torch.testing.assert_close(_loss()(logits, members),
                               _loss()(logits, labels))
    soft = .7 * members + .06
    weights = _weights_loop(LABELS, .5, .5, 2.)
    expected = sum(
        weights[i] * -(soft[i] * logits[i].log_softmax(0)).sum()
        for i in range(10)) / 10
    torch.testing.assert_close(_loss()(logits, soft), expected)


def test_weights_of_samples_factor_and_loss_weight():
    logits, labels = torch.randn(10, 5), torch.tensor(LABELS)
    whole = _loss()(logits, labels)
    half = _loss()(logits, labels, weight=torch.full((10, ), .5))
    torch.testing.assert_close(half, whole / 2)
    torch.testing.assert_close(
        _loss(loss_weight=3.)(logits, labels, avg_factor=20), 1.5 * whole)


def test_a_batch_without_labels_is_zero_with_its_graph():
    logits = torch.randn(3, 5, requires_grad=True)
    value = _loss()(logits, torch.full((3, ), -1))
    value.backward()
    assert value == 0 and logits.grad.abs().sum() == 0


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_float32_from_half_precision(dtype):
    logits, labels = torch.randn(10, 5).to(dtype), torch.tensor(LABELS)
    value = _loss()(logits, labels)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, _loss()(logits.float(), labels))


@pytest.mark.parametrize('kind', ['LinearClsHead', 'ImportanceHead'])
@pytest.mark.parametrize('soft', [False, True], ids=['hard', 'soft'])
def test_a_loss_of_any_head(kind, soft):
    head = MODELS.build(
        dict(type=kind, num_classes=5, in_channels=4,
             loss=dict(type='BatchBalancedCrossEntropyLoss')))
    feats = (torch.randn(10, 4), )
    samples = [FERDataSample().set_gt_label(y) for y in LABELS]
    if soft:
        for sample, score in zip(samples, torch.eye(5)[LABELS]):
            sample.set_gt_score(score)
    losses = head.loss(feats, samples)
    value = losses.get('loss_cls', losses.get('loss'))
    expected = _loss_loop(head(feats), LABELS,
                          _weights_loop(LABELS, .5, .5, 2.))
    assert float(value) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize('options, told', [
    (dict(power=-.1), 'power must not'), (dict(power=math.nan), 'power'),
    (dict(low=0.), 'low and high'), (dict(low=2., high=1.), 'low and high')
], ids=['negative', 'nan', 'zero', 'order'])
def test_bad_settings(options, told):
    with pytest.raises(ValueError, match=told):
        _loss(**options)
