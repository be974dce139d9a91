# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch

from mmfer.registry import MODELS


def _loss(**options):
    return MODELS.build(dict(type='TemplateSimilarityLoss', **options))


def _cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def _loop(features, labels, templates, confidence, margin):
    """A template of zeros is none, a negative label is none."""
    known = [k for k in range(len(templates)) if templates[k].any()]
    total = 0.
    for z, y, alpha in zip(features, labels, confidence):
        if y not in known:
            continue
        own = _cosine(z, templates[y])
        others = [_cosine(z, templates[k]) for k in known if k != y]
        hinge = max(max(others) - own + margin, 0) if others else 0
        total += alpha * (1 - own + hinge)
    return total / len(labels)


@pytest.mark.parametrize('known', [[0, 1, 2, 3], [0, 2], [2], []])
@pytest.mark.parametrize('margin', [0., .2, 2.])
def test_against_a_loop(known, margin):
    torch.manual_seed(0)
    features, confidence = torch.randn(9, 6), torch.rand(9)
    labels = [0, 1, 2, 3, 3, 2, -1, 0, 2]
    templates = torch.randn(4, 6)
    for k in set(range(4)) - set(known):
        templates[k] = 0
    value = _loss(margin=margin)(features, torch.tensor(labels), templates,
                                 confidence)
    expected = _loop(features.numpy(), labels, templates.numpy(),
                     confidence.tolist(), margin)
    assert float(value) == pytest.approx(expected, rel=1e-5)
    assert (expected > 0) == bool(known)


def test_zero_for_perfect_and_well_separated_templates():
    templates = 3 * torch.eye(4, 6)
    labels = torch.tensor([2, 0, 3, 3])
    value = _loss()(.5 * templates[labels], labels, templates, torch.rand(4))
    assert float(value) == pytest.approx(0, abs=1e-6)
    # Not so where another template is nearer than the margin.
    templates[1] = templates[0] + .1 * templates[1]
    close = _cosine(templates[0].numpy(), templates[1].numpy())
    value = _loss()(templates[labels], labels, templates)
    assert float(value) == pytest.approx((close - 1 + .2) / 4, rel=1e-4)


def test_only_features_get_a_gradient():
    features, templates, confidence = (
        torch.rand(shape, requires_grad=True) for shape in ((5, 6), (4, 6),
                                                            (5, )))
    labels = torch.tensor([0, 1, 2, 3, 0])
    _loss()(features, labels, templates, confidence).backward()
    assert features.grad.abs().sum() > 0
    assert templates.grad is None and confidence.grad is None
    step = features.detach() - .05 * features.grad
    assert _loss()(step, labels, templates, confidence) < _loss()(
        features, labels, templates, confidence)


@pytest.mark.parametrize('labels, templates', [
    ([0, 1, 2], torch.zeros(4, 6)), ([-1, -1, -1], torch.randn(4, 6)),
    ([3, 3, 3], torch.eye(4, 6) * torch.tensor([[1.], [1.], [1.], [0.]]))
], ids=['no template', 'no label', 'not of their class'])
def test_nothing_to_ask_for_is_zero_with_the_graph(labels, templates):
    features = torch.randn(3, 6, requires_grad=True)
    value = _loss()(features, torch.tensor(labels), templates)
    value.backward()
    assert value == 0 and features.grad.abs().sum() == 0


def test_without_confidence_all_count_alike():
    features, templates = torch.randn(5, 6), torch.randn(4, 6)
    labels = torch.tensor([0, 1, 2, 3, 0])
    torch.testing.assert_close(
        _loss()(features, labels, templates),
        2 * _loss()(features, labels, templates, torch.full((5, ), .5)))
    torch.testing.assert_close(
        _loss(loss_weight=3.)(features, labels, templates),
        3 * _loss()(features, labels, templates))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_float32_from_half_precision(dtype):
    features, templates = torch.randn(5, 6).to(dtype), torch.randn(4, 6)
    labels = torch.tensor([0, 1, 2, 3, 0])
    value = _loss()(features, labels, templates)
    assert value.dtype == torch.float32
    torch.testing.assert_close(
        value, _loss()(features.float(), labels, templates))


@pytest.mark.parametrize('margin', [-.1, 2.1, float('nan')])
def test_bad_margin(margin):
    with pytest.raises(ValueError, match='margin must lie'):
        _loss(margin=margin)
