# Copyright (c) mmfer contributors.
"""Blocks that estimate how far a sample or its label is trusted."""
import numpy as np
import pytest
import torch

from mmfer.models.layers import SimilarityConfidence
from mmfer.registry import MODELS

LABELS = [0, 0, 1, 2, 2, 2, 0, 1]


def _block(kind, **options):
    torch.manual_seed(0)
    return MODELS.build(
        dict(type=kind, in_channels=6, num_classes=4, **options))


def _similarity_loop(features, labels, include_self):
    """Mean cosines with each of four classes, stretched to [0, 1]."""
    rows = []
    for i, z in enumerate(features):
        means = {}
        for c in range(4):
            cosines = [
                z @ w / np.linalg.norm(z) / np.linalg.norm(w)
                for j, w in enumerate(features)
                if labels[j] == c and (include_self or i != j)
            ]
            if cosines:
                means[c] = np.mean(cosines)
        low, high = min(means.values()), max(means.values())
        rows.append([(means[c] - low) / (high - low) if c in means else 0.
                     for c in range(4)])
    return rows


@pytest.mark.parametrize('kind', ['LinearConfidence', 'SimilarityConfidence'])
@pytest.mark.parametrize('number', [1, 2, 8])
def test_in_the_open_unit_interval(kind, number):
    block = _block(kind)
    features = torch.randn(number, 6, requires_grad=True)
    value = block(features, torch.tensor(LABELS[:number]))
    assert value.shape == (number, 1) and value.dtype == torch.float32
    assert ((value > 0) & (value < 1)).all()
    value.sum().backward()
    assert all(p.grad.isfinite().all() for p in block.parameters())
    assert features.grad.isfinite().all()


def test_linear_form():
    block, features = _block('LinearConfidence'), torch.randn(5, 6)
    assert not block.needs_labels
    assert set(block.state_dict()) == {'weight', 'bias'}
    expected = 1 / (1 + (-features @ block.weight[0] - block.bias).exp())
    torch.testing.assert_close(block(features)[:, 0], expected)


@pytest.mark.parametrize('include_self', [False, True])
@pytest.mark.parametrize('labels', [LABELS, [0, 1, 2, 3, 0, 0, 0, 3],
                                    [0, 1, -1, -1, 0, 1, 2, 2]],
                         ids=['no fourth', 'lone', 'unknown'])
def test_similarity_against_a_loop(labels, include_self):
    block = _block('SimilarityConfidence', include_self=include_self)
    features = torch.randn(8, 6)
    members = torch.tensor([[float(y == c) for c in range(4)]
                            for y in labels])
    expected = torch.tensor(
        _similarity_loop(features.double().numpy(), labels, include_self))
    found = block.class_similarity(features, members)
    torch.testing.assert_close(found, expected.float())
    first, slope, last = block.layers[:3]
    hidden = torch.cat([expected.float(), members], 1) @ first.weight.T
    hidden = hidden + first.bias
    hidden = torch.where(hidden > 0, hidden, slope.weight * hidden)
    value = (hidden @ last.weight.T + last.bias).sigmoid()
    torch.testing.assert_close(block(features, torch.tensor(labels)), value)


@pytest.mark.parametrize('features', [
    torch.ones(8, 6), torch.zeros(8, 6), torch.ones(8, 6) * 1e4
], ids=['equal', 'zero', 'large'])
def test_alike_rows_stay_finite(features):
    block = SimilarityConfidence(num_classes=4)
    features.requires_grad_()
    value = block(features, torch.tensor(LABELS))
    value.sum().backward()
    assert value.isfinite().all() and features.grad.isfinite().all()
    members = torch.eye(4)[LABELS]
    assert block.class_similarity(features, members).max() < 1e-3


def test_a_label_among_strangers_can_be_told():
    """What the network sees differs for right and wrong labels."""
    torch.manual_seed(0)
    centers = 3 * torch.eye(3, 6)
    labels = torch.tensor([0] * 5 + [1] * 5 + [2] * 5)
    features = centers[labels] + .3 * torch.randn(15, 6)
    labels[0] = 1  # wrong
    members = torch.eye(3)[labels]
    seen = SimilarityConfidence(3).class_similarity(features, members)
    own = (seen * members).sum(1)
    assert own[0] < .5 and (own[1:] == 1).all()


def test_its_network_learns():
    """As it does not in the released code."""
    block, features = _block('SimilarityConfidence'), torch.randn(8, 6)
    before = [p.detach().clone() for p in block.parameters()]
    optimizer = torch.optim.SGD(block.parameters(), lr=1.)
    block(features, torch.tensor(LABELS)).sum().backward()
    optimizer.step()
    for old, new in zip(before, block.parameters()):
        assert not torch.equal(old, new)
