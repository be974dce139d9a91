# Copyright (c) mmfer contributors.
import pytest
import torch
from torch.nn import functional as F

from mmfer.models.losses import (NeighborGuidanceLoss, PatchVisibilityLoss,
                                 RegionBiasLoss, WeightedCenterLoss,
                                 window_coverage)


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


def test_visibility_equals_loops():
    torch.manual_seed(0)
    gates = torch.rand(6, 4, requires_grad=True)
    corner = torch.rand(6, 4, 2) * .7
    boxes = torch.cat([corner, corner + .3], 2)
    start = torch.rand(6, 2) * .5
    window = torch.cat([start, start + .5], 1)
    window[0] = 0  # nothing was erased
    # Coverage on a fine grid.
    side = (torch.arange(1000) + .5) / 1000
    wanted, pairs = 0., 0
    for i in range(6):
        top, left, bottom, right = window[i]
        mask = ((side >= top) & (side < bottom))[:, None] & (
            (side >= left) & (side < right))
        share = []
        for x1, y1, x2, y2 in boxes[i]:
            part = mask[(side >= y1) & (side < y2)][:, (side >= x1)
                                                    & (side < x2)]
            share.append(float(part.float().mean()))
        torch.testing.assert_close(
            window_coverage(boxes[i:i + 1], window[i:i + 1])[0],
            torch.tensor(share), atol=.01, rtol=0)
        erased = [k for k in range(4) if share[k] >= .6]
        free = [k for k in range(4) if share[k] == 0]
        for p in erased:
            for q in free:
                gap = float(gates[i, q] - gates[i, p])
                wanted += max(0, .4 - gap) / len(erased) / len(free) / 6
                pairs += 1
    assert pairs > 3
    loss = PatchVisibilityLoss(.4, .6, loss_weight=2.)(gates, boxes, window)
    assert float(loss) == pytest.approx(2 * wanted, rel=1e-4)
    loss.backward()
    assert not gates.grad[0].any()


def test_visibility_ends_at_the_margin():
    boxes = torch.tensor([[[0., 0., .5, 1.], [.5, 0., 1., 1.]]])
    left = torch.tensor([[0., 0., 1., .5]])
    loss = PatchVisibilityLoss(.5)
    assert loss(torch.tensor([[.1, .6]]), boxes, left) == 0
    assert loss(torch.tensor([[.6, .1]]), boxes, left) == 1


@pytest.mark.parametrize('options', [
    dict(margin=0), dict(threshold=0), dict(threshold=1.1)])
def test_bad_visibility(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        PatchVisibilityLoss(**options)


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
    total = NeighborGuidanceLoss('sum', 5e-4)(logits, scores, shares)
    torch.testing.assert_close(total, 4 * 5e-4 * wanted)
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
    with pytest.raises(ValueError, match='reduction'):
        NeighborGuidanceLoss('none')
