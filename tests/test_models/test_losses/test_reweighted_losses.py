# Copyright (c) mmfer contributors.
"""Losses for rare classes, against plain sums and the released code."""
import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from mmfer.engine.phased_ramp import PhasedRamp
from mmfer.models.losses import label_margins
from mmfer.registry import MODELS

COUNTS = [1290, 281, 717, 4772, 1982, 705, 2524]
KINDS = ['CRILoss', 'FocalCrossEntropyLoss', 'LDAMLoss', 'LogitAdjustedLoss']


def _build(kind, counts=COUNTS, **kwargs):
    return MODELS.build(dict(type=kind, counts=counts, **kwargs))


def _batch(number=20, classes=7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    cosines = torch.rand(number, classes, generator=generator) * 2 - 1
    return (cosines.requires_grad_(),
            torch.randint(classes, (number, ), generator=generator))


def _plain(kind, cosines, labels, weights, scale=30., margin=.5, gamma=1.,
           tau=1.):
    """Sample by sample, in float64."""
    rarest = max(n**-.25 for n in COUNTS)
    total = share = 0.
    for row, label in zip(cosines.tolist(), labels.tolist()):
        if kind in ('LDAMLoss', 'CRILoss'):
            row[label] -= margin * COUNTS[label]**-.25 / rarest
            row = [scale * value for value in row]
        if kind == 'LogitAdjustedLoss':
            row = [v + tau * math.log(n) for v, n in zip(row, COUNTS)]
        loss = np.logaddexp.reduce(row) - row[label]
        if kind in ('CRILoss', 'FocalCrossEntropyLoss'):
            loss = (1 - math.exp(-loss))**gamma * loss
        total += weights[label] * loss
        share += weights[label]
    return total / share


@pytest.mark.parametrize('exponent', [0, .4, 1])
@pytest.mark.parametrize('kind', KINDS)
def test_against_plain_sums(kind, exponent):
    settings = dict(max_margin=.5) if kind in ('CRILoss', 'LDAMLoss') else {}
    loss, (cosines, labels) = _build(kind, **settings), _batch()
    loss.set_phase(exponent)
    weights = [n**-exponent for n in COUNTS]
    value = loss(cosines, labels)
    assert value.item() == pytest.approx(
        _plain(kind, cosines, labels, weights), rel=1e-5)
    value.backward()
    assert torch.isfinite(cosines.grad).all() and cosines.grad.any()
    assert loss.weights.sum().item() == pytest.approx(7, rel=1e-6)


@pytest.mark.parametrize('kind, settings', [
    ('CRILoss', dict(max_margin=0., gamma=0., scale=1.)),
    ('FocalCrossEntropyLoss', dict(gamma=0.)),
    ('LDAMLoss', dict(max_margin=0., scale=1.)),
    ('LogitAdjustedLoss', dict(tau=0.))])
def test_special_case_cross_entropy(kind, settings):
    cosines, labels = _batch()
    torch.testing.assert_close(
        _build(kind, **settings)(cosines, labels),
        cross_entropy(cosines, labels))


def test_special_cases_of_one_another():
    cosines, labels = _batch()
    torch.testing.assert_close(
        _build('CRILoss', gamma=0., max_margin=.3)(cosines, labels),
        _build('LDAMLoss', max_margin=.3)(cosines, labels))
    torch.testing.assert_close(
        _build('CRILoss', max_margin=0., scale=1.)(cosines, labels),
        _build('FocalCrossEntropyLoss')(cosines, labels))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('kind', KINDS)
def test_half_precision_is_computed_in_float32(kind, dtype):
    cosines, labels = _batch()
    cosines = cosines.detach().to(dtype)
    loss = _build(kind)
    assert loss(cosines, labels).dtype == torch.float32
    torch.testing.assert_close(loss(cosines, labels),
                               loss(cosines.float(), labels))


def test_margins():
    margins = label_margins(torch.tensor(COUNTS).float(), .5)
    assert margins.tolist() == pytest.approx(
        [.342, .5, .396, .246, .307, .397, .289], abs=6e-4)


def test_effective_numbers():
    loss = _build('LDAMLoss', weighting='effective_number', beta=0.)
    loss.set_phase(1)
    assert loss.weights.tolist() == pytest.approx([1] * 7)


def test_without_counts_all_classes_are_alike():
    cosines, labels = _batch()
    loss = MODELS.build(dict(type='CRILoss'))
    with pytest.warns(UserWarning, match='Hint.*ClassCountHook'):
        value = loss(cosines, labels)
    torch.testing.assert_close(
        value, _build('CRILoss', [9] * 7)(cosines, labels))


def test_counts_told_later():
    cosines, labels = _batch()
    late, early = MODELS.build(dict(type='CRILoss')), _build('CRILoss')
    late.set_counts(COUNTS)
    for loss in (late, early):
        loss.set_phase(.3)
    torch.testing.assert_close(late(cosines, labels), early(cosines, labels))
    assert not late.state_dict()


@pytest.mark.parametrize('settings', [{}, dict(p_from='weighted')])
def test_shares(settings):
    """A sample of share 2 counts like two samples."""
    cosines, labels = _batch()
    loss = _build('FocalCrossEntropyLoss', **settings)
    loss.set_phase(1)
    share = torch.ones(20)
    share[3] = 2.
    torch.testing.assert_close(
        loss(cosines, labels, weight=share),
        loss(torch.cat([cosines, cosines[3:4]]),
             torch.cat([labels, labels[3:4]])))


def test_focal_slope_of_certain_samples():
    """Where p rounds to 1, the root of 1 - p has no slope."""
    logits = torch.tensor([[200., 0.]], requires_grad=True)
    _build('FocalCrossEntropyLoss', [1, 1], gamma=.5)(
        logits, torch.tensor([0])).backward()
    assert torch.isfinite(logits.grad).all()


# -- correction of outliers


def test_threshold_of_the_release():
    assert _build('CRILoss').largest == pytest.approx(115.129, abs=1e-3)


@pytest.mark.parametrize('correction', ['zero', 'fix', 'decrease', 'none'])
def test_corrections_of_samples(correction):
    loss = _build('CRILoss', correction=correction, per_sample=True,
                  outlier_probability=1e-4)
    threshold = -(1 - 1e-4) * math.log(1e-4)
    values = torch.tensor([1., threshold - .01, threshold + .5, 60.])
    outlier = dict(
        zero=lambda x: 0., fix=lambda x: threshold, none=lambda x: x,
        decrease=lambda x: threshold * math.exp(-x) / 1e-4)[correction]
    want = [1., threshold - .01, outlier(threshold + .5), outlier(60.)]
    assert loss.correct(values).tolist() == pytest.approx(want, rel=1e-4)


@pytest.mark.parametrize('correction', ['zero', 'fix', 'decrease', 'none'])
def test_corrected_samples_in_the_mean(correction):
    """The whole loss, sample by sample; one of them is an outlier."""
    counts, gamma, phase = [100, 20, 5], 1.5, .5
    cosines = torch.tensor([[.9, .1, -.2], [-.9, .95, .1], [.2, .3, .4]])
    labels = [0, 0, 2]
    loss = _build('CRILoss', counts, correction=correction, per_sample=True,
                  outlier_probability=1e-4, gamma=gamma)
    loss.set_phase(phase)
    threshold = (1 - 1e-4)**gamma * math.log(1e4)
    total = norm = outliers = 0.
    for row, label in zip(cosines.double().tolist(), labels):
        row[label] -= .1 * (5 / counts[label])**.25
        value = np.logaddexp.reduce([30 * v for v in row]) - 30 * row[label]
        value *= (1 - math.exp(-value))**gamma
        if value > threshold:
            outliers += 1
            value = dict(
                zero=0., fix=threshold, none=value,
                decrease=threshold * math.exp(-value) / 1e-4)[correction]
        total += counts[label]**-phase * value
        norm += counts[label]**-phase
    assert outliers == 1
    assert loss(cosines, torch.tensor(labels)).item() == pytest.approx(
        total / norm, rel=1e-5)


@pytest.mark.parametrize('correction', ['zero', 'fix', 'decrease', 'none'])
def test_corrections_are_finite(correction):
    """Two classes apart: a loss above the release's threshold."""
    cosines = torch.tensor([[1., -1.]], requires_grad=True)
    loss = _build('CRILoss', counts=[10, 5], scale=70., gamma=1.,
                  correction=correction)(cosines, torch.tensor([1]))
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(cosines.grad).all()
    assert (loss > 115.2) == (correction == 'none')


# -- parity with the released code


@pytest.fixture(scope='module')
def golden(shared):
    path = shared / 'golden/cri_ldam.pt'
    if not path.is_file():
        pytest.skip(f'needs the parity references {path}')
    return torch.load(path, weights_only=True)


def _phase(rule, epoch):
    begin, end, power = dict(
        default=(1, 1, 1), rw=(0, 0, 1), drw=(.8, .8, 1),
        ppw=(.5, .8, 5))[rule]
    return 0. if rule == 'default' else PhasedRamp(begin, end, power)(
        epoch, 200)


def test_margins_of_the_release(golden):
    counts = torch.tensor(golden['counts']['rafdb']).float()
    torch.testing.assert_close(
        label_margins(counts, .5), golden['ldam_margins_rafdb'])


def test_corrections_of_the_release(golden):
    """Its NaN, where 1 / T overflows, is a number here.

    The batch is not among the references; a fearful and a disgusted face,
    each as far from its class as cosines go, have its losses.
    """
    labels, cosines = torch.tensor([1, 2]), -torch.ones(2, 7)
    cosines[:, 0] = 1
    overflows = 0
    for correction, scale, want in golden['cri_correction_scalar']:
        settings = dict(counts=golden['counts']['rafdb'], scale=scale)
        value = _build('CRILoss', correction=correction, **settings)(
            cosines, labels).item()
        if math.isnan(want):
            loss = _build('CRILoss', correction='none', **settings)(
                cosines, labels).item()
            want = 115.12925 * math.exp(math.log(1e50) - loss)
            overflows += correction == 'decrease'
        assert value == pytest.approx(want, rel=1e-4), (correction, scale)
    assert overflows == 2


def test_weights_over_the_epochs(golden):
    for (counts, rule, epoch), want in golden['class_weights'].items():
        loss = _build('CRILoss', golden['counts'][counts])
        loss.set_phase(_phase(rule, epoch))
        torch.testing.assert_close(loss.weights, want, rtol=1e-5, atol=1e-6,
                                   msg=f'{counts}, {rule}, epoch {epoch}')


def test_losses_of_the_release(golden):
    seen = set()
    for row in golden['loss_rows']:
        scale, margin, gamma = (row['kw'][k] for k in ('s', 'max_m', 'gamma'))
        kind, settings = dict(
            CrossEntropy=('FocalCrossEntropyLoss', dict(gamma=0.)),
            LDAMLoss=('LDAMLoss', dict(scale=scale, max_margin=margin)),
            FocalLoss=('FocalCrossEntropyLoss', dict(gamma=gamma)),
            CRILoss=('CRILoss', dict(scale=scale, max_margin=margin,
                                     gamma=gamma)))[row['loss']]
        loss = _build(kind, golden['counts'][row['counts']], **settings)
        loss.set_phase(_phase('ppw', row['epoch']))
        x = row['x'].clone().requires_grad_()
        value = loss(x, row['y'])
        value.backward()
        torch.testing.assert_close(value, row['value'], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(x.grad, row['grad'], rtol=1e-3, atol=1e-6)
        seen.add(row['loss'])
    assert seen == {'CrossEntropy', 'LDAMLoss', 'FocalLoss', 'CRILoss'}


def test_deferred_losses_of_ldam(golden):
    seen = set()
    for row in golden['ldam_rows']:
        kind, settings = dict(
            LDAM=('LDAMLoss', {}),
            Focal=('FocalCrossEntropyLoss', dict(p_from='weighted')),
            CE=('FocalCrossEntropyLoss', dict(gamma=0.)))[row['loss']]
        loss = _build(kind, golden['counts'][row['counts']],
                      weighting='effective_number', beta=row['beta'],
                      **settings)
        loss.set_phase(1)
        torch.testing.assert_close(loss.weights, row['weight'], rtol=1e-4,
                                   atol=1e-5)
        x = row['x'].clone().requires_grad_()
        value = loss(x, row['y'])
        value.backward()
        torch.testing.assert_close(value, row['value'], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(x.grad, row['grad'], rtol=1e-3, atol=1e-6)
        seen.add((row['loss'], row['beta'] > 0))
    assert len(seen) == 6


@pytest.mark.parametrize('kind', KINDS)
def test_a_class_absent_from_a_fold(kind):
    """The others are weighed and parted as if it did not exist."""
    (cosines, _), (_, labels) = _batch(), _batch(classes=6)
    values = []
    for counts in ([*COUNTS[:6], 0], COUNTS[:6]):
        loss, x = _build(kind, counts), cosines[:, :len(counts)]
        loss.set_phase(1)
        far = torch.zeros_like(x)
        far[:, 6:] = -1e4  # a class that is never predicted
        values.append(loss(x + far, labels))
    torch.testing.assert_close(values[0], values[1])
    near = _build(kind, [*COUNTS[:6], 0])(cosines, labels)
    gradient, = torch.autograd.grad(near, cosines)
    assert gradient.isfinite().all() and (gradient[:, 6] > 0).all()


# -- bad arguments


@pytest.mark.parametrize('kind, settings, message', [
    ('CRILoss', dict(correction='cut'), 'correction must be one of'),
    ('CRILoss', dict(outlier_probability=0.), 'outlier_probability'),
    ('CRILoss', dict(scale=0.), 'scale positive'),
    ('LDAMLoss', dict(max_margin=-.1), 'max_margin'),
    ('LDAMLoss', dict(counts=[0, 0]), 'classes need samples'),
    ('LDAMLoss', dict(counts=[1, -1]), 'classes need samples'),
    ('FocalCrossEntropyLoss', dict(gamma=-1.), 'gamma'),
    ('FocalCrossEntropyLoss', dict(p_from='logits'), 'p_from must be one'),
    ('LDAMLoss', dict(counts=None, beta=1., weighting='effective_number'),
     'beta'),
    ('LogitAdjustedLoss', dict(tau=-1.), 'tau'),
    ('LogitAdjustedLoss', dict(weighting='none'), 'weighting must be'),
])
def test_bad_arguments(kind, settings, message):
    with pytest.raises(ValueError, match=message):
        _build(kind, **settings)


def test_bad_distributions():
    with pytest.raises(ValueError, match='LDAMLoss needs labels of shape'):
        _build('LDAMLoss')(torch.rand(2, 7), torch.full((2, 7), 1 / 7))
