# Copyright (c) mmfer contributors.
"""Losses against plain loops, special values and gradients."""
import math

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from scipy.special import softmax
from scipy.stats import entropy

import mmfer  # noqa: F401
from mmfer.models.losses import class_weights

RAFDB = (1290, 281, 717, 4772, 1982, 705, 2524)


def _loss(name, **kwargs):
    torch.manual_seed(0)
    return MODELS.build(dict(type=name, **kwargs))


# Affinity


def test_affinity_against_a_loop():
    loss = _loss('AffinityLoss', num_classes=3, in_channels=5, num_centers=4)
    features = torch.randn(6, 5)
    labels = torch.tensor([0, 1, 2, 2, 1, 0])
    centers = loss.centers.detach().numpy()
    total = sum(
        ((features[i].numpy() - centers[labels[i]])**2).sum()
        for i in range(6))
    spread = sum(np.var(centers[:, d], ddof=1) for d in range(5))
    value = loss(features, labels)
    assert float(value) == pytest.approx(total / 6 / spread, rel=1e-5)
    value.backward()
    # The centre of no class is moved by the variance.
    assert loss.centers.grad[3].abs().sum() > 0


def test_affinity_is_zero_at_the_centres():
    loss = _loss('AffinityLoss', num_classes=3, in_channels=5)
    labels = torch.tensor([2, 0, 1, 1])
    assert loss(loss.centers[labels], labels) == 0


def test_affinity_weights_without_centres_leave_them():
    loss = _loss('AffinityLoss', num_classes=3, in_channels=5)
    before = loss.centers.detach().clone()
    loss.load_state_dict({})
    assert torch.equal(loss.centers, before)
    other = torch.randn(3, 5)
    loss.load_state_dict(dict(centers=other))
    assert torch.equal(loss.centers, other)


# Partition


@pytest.mark.parametrize('form', ['log_of_mean', 'mean_of_log'])
def test_partition_against_a_loop(form):
    loss = _loss('PartitionLoss', form=form)
    heads = torch.randn(3, 4, 5)
    variances = [
        np.var(heads[n, :, d].numpy(), ddof=1) for n in range(3)
        for d in range(5)
    ]
    if form == 'log_of_mean':
        expected = math.log(1 + 4 / np.mean(variances))
    else:
        expected = np.mean([math.log(1 + 4 / v) for v in variances])
    assert float(loss(heads)) == pytest.approx(expected, rel=1e-5)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(loss(heads), loss(heads[:, order]))


def test_partition_of_one_and_of_equal_heads():
    loss = _loss('PartitionLoss')
    one = torch.randn(3, 1, 5, requires_grad=True)
    assert loss(one) == 0
    loss(one).backward()
    equal = torch.ones(3, 4, 5)
    assert float(loss(equal)) == pytest.approx(37.43, abs=0.01)
    assert torch.isfinite(loss(equal.half()))


# Attention consistency


@pytest.mark.parametrize('mirrored', [True, False])
def test_consistency_against_numpy(mirrored):
    loss = _loss('AttentionConsistencyLoss', mirrored=mirrored, loss_weight=2.)
    first, second = torch.randn(2, 3, 4, 5, 5, requires_grad=True).unbind()
    other = second.detach().numpy()[..., ::-1] if mirrored else \
        second.detach().numpy()
    expected = 2 * ((first.detach().numpy() - other)**2).mean()
    assert float(loss(first, second)) == pytest.approx(expected, rel=1e-5)
    assert loss(first, first.flip(-1) if mirrored else first) == 0


@pytest.mark.parametrize('normalization', ['l2', 'softmax'])
def test_normalized_consistency_against_a_loop(normalization):
    loss = _loss('AttentionConsistencyLoss', mirrored=False, loss_weight=2.,
                 normalization=normalization)
    first, second = torch.randn(2, 3, 4, 5, 6).unbind()
    total = 0.
    for one, other in zip(first.flatten(0, 1), second.flatten(0, 1)):
        maps = [m.numpy().astype(np.float64) for m in (one, other)]
        if normalization == 'softmax':
            maps = [np.exp(m) / np.exp(m).sum() for m in maps]
        else:
            maps = [m / np.sqrt((m**2).sum()) for m in maps]
        total += ((maps[0] - maps[1])**2).sum() / 12
    assert float(loss(first, second)) == pytest.approx(2 * total, rel=1e-5)
    # A map without anything in it has a direction in neither.
    empty = torch.zeros(3, 4, 5, 6, requires_grad=True)
    loss(empty, second).backward()
    assert torch.isfinite(empty.grad).all()


@pytest.mark.parametrize('stop, learners', [
    (None, ['both'] * 3), ('first', ['second'] * 3), ('second', ['first'] * 3),
    ('in_turn', ['first', 'second', 'first'])])
def test_consistency_stops_gradients(stop, learners):
    loss = _loss('AttentionConsistencyLoss', stop_gradient=stop)
    free = _loss('AttentionConsistencyLoss')
    for step, learner in enumerate(learners):
        first, second = (torch.randn(2, 3, 4, 4, requires_grad=True)
                         for _ in range(2))
        value = loss(first, second)
        torch.testing.assert_close(value, free(first, second))
        value.backward()
        for view, name in ((first, 'first'), (second, 'second')):
            moved = view.grad is not None and bool(view.grad.any())
            assert moved == (learner in (name, 'both')), (step, name)
        loss.eval()
        loss(first, second)  # testing takes no turn
        loss.train()
        restored = _loss('AttentionConsistencyLoss', stop_gradient=stop)
        restored.load_state_dict(loss.state_dict())
        loss = restored


# Soft-label alignment


@pytest.mark.parametrize('ramp', [0., .3, 1.])
def test_soft_label_alignment_against_scipy(ramp):
    loss = _loss('SoftLabelAlignmentLoss', temperature=3., label_share=.4,
                 loss_weight=2.)
    loss.set_ramp(ramp)
    first, second = torch.randn(2, 5, 4, dtype=torch.float64)
    scores = torch.eye(4, dtype=torch.float64)[[0, 3, 3, 1, 2]]
    scores[0] = torch.tensor([.1, .2, 0., .7])
    alpha = 1 - ramp * .6
    total = 0.
    for i in range(5):
        for teacher, learner in ((first, second), (second, first)):
            target = alpha * scores[i].numpy() + (1 - alpha) * softmax(
                teacher[i].numpy() / 3)
            assert target.sum() == pytest.approx(1)
            total += entropy(target, softmax(learner[i].numpy())) / 5
    assert float(loss(first, second, scores)) == pytest.approx(
        2 * ramp * total, rel=1e-5)
    sums = loss.soft_labels(first.float(), scores).sum(1)
    torch.testing.assert_close(sums, torch.ones(5))


def test_soft_label_alignment_teaches_both_by_the_predictions_of_the_other():
    loss = _loss('SoftLabelAlignmentLoss', temperature=1., label_share=0.)
    first, second = (torch.randn(5, 4, requires_grad=True) for _ in range(2))
    loss(first, second, torch.eye(4)[[0, 1, 2, 3, 0]]).backward()
    # The gradient of KL(q || softmax(x)) is softmax(x) - q.
    gap = (first.softmax(1) - second.softmax(1)).detach() / 5 * .5
    torch.testing.assert_close(first.grad, gap)
    torch.testing.assert_close(second.grad, -gap)


# Rank regularisation


def _rank_loop(weights, ratio, margin):
    ranked = sorted(weights, reverse=True)
    high = math.floor(ratio * len(ranked))
    if high in (0, len(ranked)):
        return 0.
    gap = np.mean(ranked[:high]) - np.mean(ranked[high:])
    return max(0., margin - gap)


@pytest.mark.parametrize('number', [1, 2, 5, 32, 64])
@pytest.mark.parametrize('margin', [0.07, 0.6])
def test_rank_against_a_loop(number, margin):
    loss = _loss('RankRegularizationLoss', margin=margin)
    weights = torch.rand(number, 1, requires_grad=True)
    value = loss(weights)
    assert float(value) == pytest.approx(
        _rank_loop(weights.flatten().tolist(), 0.7, margin), abs=1e-6)
    value.backward()
    if value > 0:
        order = weights.detach().flatten().argsort(descending=True)
        high = math.floor(0.7 * number)
        descent = -weights.grad.flatten()[order]
        assert (descent[:high] > 0).all() and (descent[high:] < 0).all()


def test_rank_group_sizes():
    """44 and 20 of 64, 22 and 10 of 32."""
    for number, high in ((64, 44), (32, 22)):
        weights = torch.linspace(1, 0, number, requires_grad=True)
        _loss('RankRegularizationLoss', margin=9.)(weights).backward()
        assert int((weights.grad < 0).sum()) == high


# Class weights and the add-up loss


def test_class_weights_of_rafdb():
    expected = [1.359, 6.238, 2.445, 0.367, 0.884, 2.487, 0.695]
    weights = class_weights(RAFDB)
    np.testing.assert_allclose(weights.numpy(), expected, atol=6e-4)


@pytest.mark.parametrize('weighting', ['inverse', 'sqrt', 'effective_number'])
def test_class_weights_are_one_on_average(weighting):
    weights = class_weights(RAFDB, weighting, 0.999)
    mean = sum(w * n for w, n in zip(weights.tolist(), RAFDB)) / sum(RAFDB)
    assert mean == pytest.approx(1, rel=1e-5)
    raw = dict(
        inverse=lambda n: 1 / n,
        sqrt=lambda n: n**-0.5,
        effective_number=lambda n: (1 - 0.999) / (1 - 0.999**n))[weighting]
    assert float(weights[1] / weights[3]) == pytest.approx(
        raw(281) / raw(4772), rel=1e-4)
    assert class_weights([5, 5], weighting).tolist() == [1, 1]


@pytest.mark.parametrize('counts', [None, (10, 30, 20)],
                         ids=['plain', 'weighted'])
def test_add_up_against_a_loop(counts):
    loss = _loss('AddUpLoss', class_counts=counts)
    logits = torch.randn(5, 3)
    first = torch.tensor([0, 1, 2, 0, 1])
    second = torch.tensor([1, 1, 0, 2, 0])
    weights = [2, 2 / 3, 1] if counts else [1, 1, 1]
    total = 0
    for row, a, b in zip(logits.tolist(), first, second):
        norm = math.log(sum(map(math.exp, row)))
        total += weights[a] * (norm - row[a]) / 2
        total += weights[b] * (norm - row[b]) / 2
    value = loss(logits, first, second)
    assert float(value) == pytest.approx(total / 5, rel=1e-5)
    assert not list(loss.state_dict())


def test_add_up_with_equal_counts_is_unweighted():
    logits, labels = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])
    plain = _loss('AddUpLoss')(logits, labels, labels)
    equal = _loss('AddUpLoss', class_counts=[7, 7, 7])(logits, labels, labels)
    torch.testing.assert_close(plain, equal)
    torch.testing.assert_close(
        plain, torch.nn.functional.cross_entropy(logits, labels))


def test_add_up_waits_for_the_counts_of_the_run():
    logits, labels = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])
    given = _loss('AddUpLoss', class_counts=[10, 30, 20], weighting='sqrt')
    told = _loss('AddUpLoss', weighting='sqrt')
    assert told.needs_counts and not given.needs_counts
    assert not _loss('AddUpLoss').needs_counts
    with pytest.warns(UserWarning, match='Hint: .*ClassCountHook'):
        alike = _loss('AddUpLoss', weighting='sqrt')(logits, labels, labels)
    torch.testing.assert_close(
        alike, torch.nn.functional.cross_entropy(logits, labels))
    told.set_counts([10, 30, 20])
    assert not told.needs_counts
    assert torch.equal(told(logits, labels, labels),
                       given(logits, labels, labels))


# All of them


CALLS = dict(
    AffinityLoss=(dict(num_classes=3, in_channels=5), lambda d: (torch.randn(
        4, 5).to(d), torch.tensor([0, 1, 2, 0]))),
    PartitionLoss=(dict(), lambda d: (torch.randn(4, 3, 5).to(d), )),
    AttentionConsistencyLoss=(dict(), lambda d:
                              (torch.randn(4, 3, 5, 5).to(d),
                               torch.randn(4, 3, 5, 5).to(d))),
    SoftLabelAlignmentLoss=(dict(), lambda d:
                            (torch.randn(4, 3).to(d), torch.randn(4, 3).to(d),
                             torch.eye(3)[[0, 1, 2, 0]])),
    RankRegularizationLoss=(dict(margin=1.), lambda d:
                            (torch.rand(4).to(d), )),
    AddUpLoss=(dict(), lambda d: (torch.randn(4, 3).to(d),
                                  torch.tensor([0, 1, 2, 0]),
                                  torch.tensor([1, 1, 0, 2]))))


@pytest.mark.parametrize('name', CALLS)
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_float32_from_half_precision(name, dtype):
    config, inputs = CALLS[name]
    loss, inputs = _loss(name, **config), inputs(dtype)
    with torch.autocast('cpu', torch.bfloat16):
        value = loss(*inputs)
    full = loss(*(x.float() if x.is_floating_point() else x for x in inputs))
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, full)


@pytest.mark.parametrize('name', CALLS)
def test_loss_weight(name):
    config, inputs = CALLS[name]
    inputs = inputs(torch.float32)
    one = _loss(name, **dict(config, loss_weight=1.))(*inputs)
    three = _loss(name, **dict(config, loss_weight=3.))(*inputs)
    torch.testing.assert_close(three, 3 * one)


BAD = dict(
    few_centres=('AffinityLoss',
                 dict(num_classes=7, in_channels=5, num_centers=6), 'centres'),
    one_centre=('AffinityLoss', dict(num_classes=1, in_channels=5), 'centres'),
    form=('PartitionLoss', dict(form='paper'), 'form must be'),
    normalization=('AttentionConsistencyLoss', dict(normalization='l1'),
                   'normalization must be'),
    stop=('AttentionConsistencyLoss', dict(stop_gradient='both'),
          'stop_gradient must be'),
    temperature=('SoftLabelAlignmentLoss', dict(temperature=0.),
                 'temperature must be'),
    label_share=('SoftLabelAlignmentLoss', dict(label_share=1.1),
                 'label_share must lie'),
    ratio_one=('RankRegularizationLoss', dict(ratio=1.), 'ratio'),
    ratio_zero=('RankRegularizationLoss', dict(ratio=0.), 'ratio'),
    margin=('RankRegularizationLoss', dict(margin=-0.1), 'margin'),
    empty_class=('AddUpLoss', dict(class_counts=[0, 0]), 'need samples'),
    nan_count=('AddUpLoss', dict(class_counts=[3, math.nan]), 'need samples'),
    weighting=('AddUpLoss', dict(class_counts=[3, 1], weighting='cube'),
               'weighting must be'),
    weighting_without_counts=('AddUpLoss', dict(weighting='cube'),
                              'weighting must be'),
    beta=('AddUpLoss',
          dict(class_counts=[3, 1], weighting='effective_number', beta=1.),
          'beta'))


@pytest.mark.parametrize('case', BAD)
def test_bad_settings(case):
    name, config, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        _loss(name, **config)


def test_bad_maps_of_two_sizes():
    loss = _loss('AttentionConsistencyLoss')
    with pytest.raises(ValueError, match='one shape'):
        loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 5, 5))
