# Copyright (c) mmfer contributors.
import pytest
import torch
from torch.nn import functional as F

from mmfer.models.losses import (NeighborGuidanceLoss, RegionBiasLoss,
                                 WeightedCenterLoss)


def test_region_bias_equals_a_loop():
    torch.manual_seed(0)
    gates, whole = torch.rand(8, 5), torch.rand(8)
    wanted = sum(max(0., .1 - (max(row) - top)) for row, top in zip(
        gates.tolist(), whole.tolist())) / 8
    assert wanted > 0
    got = RegionBiasLoss(loss_weight=2.)(gates, whole)
    assert float(got) == pytest.approx(2 * wanted, rel=1e-5)


def test_region_bias_ends_at_the_margin():
    gates = torch.tensor([[.2, .8], [.5, .1]])
    assert RegionBiasLoss()(gates, torch.tensor([.69, .3])) == 0
    assert RegionBiasLoss()(gates, torch.tensor([.75, .3])) > 0


def test_guidance_equals_torch():
    torch.manual_seed(1)
    logits = torch.randn(4, 6, requires_grad=True)
    scores = torch.randn(4, 3, 6).softmax(2)
    scores[0, 0] = torch.eye(6)[2]
    scores.requires_grad_()
    shares = torch.rand(4, 3).softmax(1)
    shares[3] = 0
    wanted = 0
    for i in range(4):
        for j in range(3):
            wanted += shares[i, j] * F.kl_div(
                logits[i].log_softmax(0), scores[i, j], reduction='sum') / 4
    loss = NeighborGuidanceLoss(loss_weight=.1)(logits, scores, shares)
    torch.testing.assert_close(loss, .1 * wanted)
    loss.backward()
    assert scores.grad is None and logits.grad[:3].abs().sum() > 0
    assert not logits.grad[3].any()


def test_centers_equal_a_loop():
    loss = WeightedCenterLoss(4, 3, repulsion=.2, loss_weight=.5)
    torch.manual_seed(2)
    features, labels, trust = torch.randn(6, 3), torch.arange(6) % 4, \
        torch.rand(6, requires_grad=True)
    centers, wanted = loss.centers.detach(), 0
    for i in range(6):
        gap = features[i] - centers[labels[i]]
        wanted += trust.detach()[i] * gap.dot(gap) / 12
    for a in range(4):
        for b in range(a + 1, 4):
            gap = centers[a] - centers[b]
            wanted += .2 * torch.exp(-gap.dot(gap) / 3)
    value = loss(features, labels, trust)
    torch.testing.assert_close(value, .5 * wanted)
    value.backward()
    assert trust.grad is None and loss.centers.grad.abs().sum() > 0


def test_bad_margin():
    with pytest.raises(ValueError, match='margin'):
        RegionBiasLoss(margin=-1)
