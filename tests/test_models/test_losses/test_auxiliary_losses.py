# Copyright (c) mmfer contributors.
"""Losses of action units and of valence and arousal."""
import math

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d

from mmfer.models.losses import (ActionUnitLoss, CCCLoss, LandmarkLoss,
                                 au_pos_weights, va_bin_counts,
                                 va_bin_weights, va_bins)

NAN = float('nan')


def _units(seed=0, number=9, units=4):
    """Logits, labels of which a third is unknown, weights of samples."""
    torch.manual_seed(seed)
    logits = torch.randn(number, units, requires_grad=True)
    labels = (torch.rand(number, units) < .4).float()
    labels[torch.rand(number, units) < .3] = NAN
    return logits, labels, torch.rand(number)


@pytest.mark.parametrize('average', ['all', 'known'])
def test_action_units_by_plain_loops(average):
    logits, labels, weights = _units()
    pos = [1., 2., 3.5, .5]
    total, known = 0., 0
    for i in range(9):
        for k in range(4):
            b = labels[i, k].item()
            if math.isnan(b):
                continue
            known += 1
            p = 1 / (1 + math.exp(-logits[i, k].item()))
            total -= weights[i].item() * (
                pos[k] * b * math.log(p) + (1 - b) * math.log(1 - p))
    loss = ActionUnitLoss(pos, average=average, loss_weight=2.)
    got = loss(logits, labels, weights)
    want = 2 * total / (36 if average == 'all' else known)
    assert got.item() == pytest.approx(want, rel=1e-5)
    got.backward()
    assert (logits.grad[labels.isnan()] == 0).all()
    assert (logits.grad[~labels.isnan()] != 0).all()


def test_intensities_become_occurrence():
    logits, _, _ = _units()
    levels = torch.randint(0, 6, (9, 4)).float()
    levels[2] = NAN
    occurs = (levels >= 2).float()
    occurs[2] = NAN
    torch.testing.assert_close(
        ActionUnitLoss(threshold=2.)(logits, levels),
        ActionUnitLoss()(logits, occurs))


def test_pos_weights_are_clipped():
    got = au_pos_weights([10, 25, 50, 90, 0, 0], [100, 100, 100, 100, 100, 0])
    assert got.tolist() == [5, 3, 1, 1, 5, 1]


def _va(seed=0, number=20):
    torch.manual_seed(seed)
    x = (torch.rand(number, 2) * 2 - 1).requires_grad_()
    y = torch.rand(number, 2) * 2 - 1
    y[torch.rand(number) < .3] = NAN
    y[5, 1] = NAN
    return x, y, torch.rand(number)


def _ccc(x, y, w):
    """By the definition, in float64, with weighted population moments."""
    x, y, w = (np.asarray(a, dtype=np.float64) for a in (x, y, w))
    mx, my = np.average(x, weights=w), np.average(y, weights=w)
    cov = np.average((x - mx) * (y - my), weights=w)
    return 2 * cov / (np.average((x - mx)**2, weights=w) + np.average(
        (y - my)**2, weights=w) + (mx - my)**2 + 1e-8)


@pytest.mark.parametrize('rho', [0., .3, 1.])
@pytest.mark.parametrize('weighted', [False, True])
def test_ccc_loss_by_its_definition(rho, weighted):
    x, y, w = _va()
    got = CCCLoss(rho=rho)(x, y, w if weighted else None)
    want = 0.
    for d in range(2):
        known = ~y[:, d].isnan().numpy()
        part = (w if weighted else torch.ones(20)).numpy()[known]
        a, b = x.detach().numpy()[known, d], y.numpy()[known, d]
        want += (1 - rho) * np.average((a - b)**2, weights=part)
        want += rho * (1 - _ccc(a, b, part))
    assert got.item() == pytest.approx(want, rel=1e-4)
    got.backward()
    assert (x.grad[y.isnan()] == 0).all()
    assert (x.grad[~y.isnan()] != 0).all()


@pytest.mark.parametrize('number', [8, 64])
def test_a_perfect_prediction_costs_nothing(number):
    x, _, _ = _va(number=number)
    assert CCCLoss(rho=1.)(x, x.detach()).item() == pytest.approx(0, abs=1e-5)


def test_constants_are_finite():
    x = torch.full((9, 2), .3, requires_grad=True)
    for y in (torch.rand(9, 2), torch.full((9, 2), .3)):
        loss = CCCLoss(rho=1.)(x, y)
        assert loss.item() == pytest.approx(2)
        grad, = torch.autograd.grad(loss, x)
        assert grad.isfinite().all()


def test_too_few_labels_count_nothing_in_their_dimension():
    x, _, _ = _va(number=10)
    y = torch.rand(10, 2)
    y[:3, 0] = NAN  # seven are left
    loss = CCCLoss()(x, y)
    loss.backward()
    assert (x.grad[:, 0] == 0).all() and (x.grad[:, 1] != 0).all()
    alone = CCCLoss(min_samples=7)(x, y)
    assert alone > loss
    # Labels that are not trusted at all are no labels.
    assert CCCLoss()(x, torch.rand(10, 2), (torch.arange(10) > 2).float()) == 0


@pytest.mark.parametrize('loss, width', [(ActionUnitLoss(), 4),
                                         (CCCLoss(), 2),
                                         (CCCLoss(balance=True), 2)])
def test_without_labels_exactly_zero_with_the_graph_kept(loss, width):
    x = torch.randn(9, width, requires_grad=True)
    value = loss(x, torch.full((9, width), NAN), torch.rand(9))
    assert value.item() == 0
    value.backward()
    assert (x.grad == 0).all()


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('loss, width', [(ActionUnitLoss(), 4),
                                         (CCCLoss(), 2)])
def test_half_precision(loss, width, dtype):
    torch.manual_seed(0)
    x = torch.rand(9, width).to(dtype)
    y = (torch.rand(9, width) < .5).float()
    value = loss(x, y)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, loss(x.float(), y))


def test_bins_against_numpy_and_scipy():
    rng = np.random.default_rng(0)
    va = rng.uniform(-1, 1, (200, 2)).astype(np.float32)
    va[0] = 1, 1
    va[1] = -1, NAN
    bins = va_bins(torch.from_numpy(va))
    assert bins[0] == 63 and bins[1] == -1
    known = va[~np.isnan(va).any(1)]
    # Rows are arousal.
    counts, _, _ = np.histogram2d(known[:, 1], known[:, 0], 8,
                                  [[-1, 1], [-1, 1]])
    line = np.array([.25, .5, .25])
    want = convolve2d(counts, np.outer(line, line), mode='same')
    np.testing.assert_allclose(va_bin_counts(bins), want, rtol=1e-5)

    inverse = np.array([1 / want.flat[b] for b in bins.tolist() if b >= 0])
    weights = np.clip(inverse / inverse.mean(), .5, 2)
    got = va_bin_weights(torch.from_numpy(va))
    np.testing.assert_allclose(got[bins >= 0], weights, rtol=1e-4)
    assert got[1] == 1 and got.min() < .7 and got.max() == 2


def test_rare_places_count_more():
    va = torch.cat([torch.full((15, 2), .6), torch.full((3, 2), -.6)])
    x = torch.zeros(18, 2)
    weights = va_bin_weights(va)
    assert weights[0] < 1 < weights[-1]
    torch.testing.assert_close(
        CCCLoss(balance=True)(x, va), CCCLoss()(x, va, weights))


@pytest.mark.parametrize('make, message', [
    (lambda: ActionUnitLoss([1., 0.]), 'positive'),
    (lambda: ActionUnitLoss(average='some'), 'average must be one of'),
    (lambda: ActionUnitLoss()(torch.zeros(2, 3), torch.zeros(2, 4)),
     'do not fit'),
    (lambda: CCCLoss(rho=1.1), r'rho must lie in \[0, 1\]'),
    (lambda: CCCLoss(min_samples=0), 'positive'),
    (lambda: CCCLoss()(torch.zeros(2, 2), torch.zeros(2)), 'do not fit'),
])
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_landmarks_equal_a_loop():
    torch.manual_seed(0)
    got = torch.randn(4, 5, 2, requires_grad=True)
    wanted = torch.randn(4, 5, 2)
    wanted[1, 2, 0] = wanted[3] = NAN
    total = sum(abs(float(a) - float(b)) for a, b in zip(
        got.flatten(), wanted.flatten()) if b == b)
    loss = LandmarkLoss(loss_weight=.5)(got, wanted)
    assert float(loss) == pytest.approx(.5 * total / 40, rel=1e-5)
    loss.backward()
    assert (got.grad[wanted.isnan()] == 0).all()
    unknown = torch.full_like(wanted, NAN)
    assert LandmarkLoss()(got, unknown) == 0
    with pytest.raises(ValueError, match='do not fit'):
        LandmarkLoss()(got, wanted[:, :4])
