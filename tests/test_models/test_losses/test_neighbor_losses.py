# Copyright (c) mmfer contributors.
import pytest
import torch
from torch.nn import functional as F

from mmfer.models.losses import (NeighborGuidanceLoss, PatchVisibilityLoss,
                                 RegionBiasLoss, WeightedCenterLoss,
                                 window_coverage)
from ...processes import run_processes
from ...sync_guard import ForbidWaits


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
    loss.load_state_dict(dict(centers=torch.randn(4, 3)))
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


def _loop(features, labels, centers, repulsion):
    """Loss of the classes in ``centers``, a dict."""
    total = 0.
    for feature, label in zip(features, labels.tolist()):
        if label in centers:
            total += float((feature - centers[label]).square().sum()) / 2
    total /= len(features)
    for a in centers:
        for b in centers:
            if a < b:
                gap = (centers[a] - centers[b]).square().mean()
                total += repulsion * float((-gap).exp())
    return total


def test_centers_start_at_the_first_features():
    """A class that is absent gets its center when it is first seen."""
    torch.manual_seed(3)
    loss = WeightedCenterLoss(4, 512, repulsion=.2, loss_weight=1.)
    features = torch.randn(6, 512)
    labels = torch.tensor([0, 2, 2, 0, 2, 0])
    assert loss.eval()(features, labels) == 0  # evaluation starts nothing
    assert not loss.started.any()
    centers = {k: features[labels == k].mean(0) for k in (0, 2)}
    value = loss.train()(features, labels)
    for k in (0, 2):
        torch.testing.assert_close(loss.centers[k].detach(), centers[k])
    assert float(value) == pytest.approx(
        _loop(features, labels, centers, .2), rel=1e-5)
    value.backward()
    assert loss.centers.grad[[0, 2]].any(1).all()
    assert not loss.centers.grad[[1, 3]].any()
    # The next batch starts class 1 and leaves the others as they are.
    more, labels = torch.randn(3, 512), torch.tensor([1, 0, 1])
    centers[1] = more[labels == 1].mean(0)
    assert float(loss(more, labels)) == pytest.approx(
        _loop(more, labels, centers, .2), rel=1e-5)
    assert loss.started.tolist() == [1, 1, 1, 0]
    torch.testing.assert_close(loss.centers[0].detach(), centers[0])
    # Seen without training: class 3 pulls nothing.
    assert float(loss.eval()(more, torch.full((3, ), 3))) == pytest.approx(
        _loop(more, torch.full((3, ), 3), centers, .2), rel=1e-5)


def test_centers_start_near_and_need_no_sync():
    """Random centers would cost 2.6 of the total loss at their weight."""
    torch.manual_seed(4)
    loss = WeightedCenterLoss(7, 512)
    features = torch.rand(64, 512) + torch.randn(512)
    with ForbidWaits():
        value = loss(features, torch.arange(64) % 7)
    assert 0 < float(value) < .25


def test_bfloat16_features_start_float32_centers():
    loss = WeightedCenterLoss(2, 3)
    features = torch.tensor([[1., 2., 4.], [3., 2., 0.]]).bfloat16()
    loss(features, torch.tensor([1, 1])).backward()
    assert loss.centers.dtype == torch.float32
    assert loss.centers[1].tolist() == [2., 2., 2.]


def _steps(loss, optimizer, numbers):
    """One step for each number; classes appear one after the other."""
    for number in numbers:
        generator = torch.Generator().manual_seed(number)
        features = torch.randn(4, 3, generator=generator)
        labels = torch.tensor([0, number % 4, 0, number % 4])
        optimizer.zero_grad()
        loss(features, labels).backward()
        optimizer.step()


def _fresh():
    loss = WeightedCenterLoss(4, 3, loss_weight=1.)
    return loss, torch.optim.Adam(loss.parameters(), lr=.1)


def test_resumed_centers_are_those_of_a_whole_run(tmp_path):
    """Interrupted while classes are still unseen."""
    whole, optimizer = _fresh()
    _steps(whole, optimizer, range(1, 8))
    loss, optimizer = _fresh()
    _steps(loss, optimizer, range(1, 3))
    assert loss.started.tolist() == [1, 1, 1, 0]
    torch.save([loss.state_dict(), optimizer.state_dict()], tmp_path / 'a.pt')
    loss, optimizer = _fresh()
    for part, state in zip((loss, optimizer), torch.load(tmp_path / 'a.pt')):
        part.load_state_dict(state)
    _steps(loss, optimizer, range(3, 8))
    assert torch.equal(loss.centers, whole.centers)
    assert torch.equal(loss.started, whole.started)


def test_centers_of_an_older_checkpoint_are_kept():
    loss, _ = _fresh()
    old = torch.randn(4, 3)
    loss.load_state_dict(dict(centers=old))
    loss(torch.randn(2, 3), torch.tensor([0, 1]))
    assert torch.equal(loss.centers.detach(), old)


WORKER = '''
import sys
import torch
import torch.distributed as dist
from mmfer.models.losses import WeightedCenterLoss
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + folder + '/store',
                        rank=rank, world_size=2)
loss = WeightedCenterLoss(4, 3)
wrapped = torch.nn.parallel.DistributedDataParallel(loss)
optimizer = torch.optim.SGD(loss.parameters(), lr=.1)
torch.manual_seed(rank)
saved = []
# Class 0 on both ranks, 1 on the first alone, 2 on the second, 3 later.
for labels in ([0, 1, 0], [0, 3, 3]) if rank == 0 else ([2, 2, 0], [3, 1, 1]):
    features, labels = torch.randn(3, 3), torch.tensor(labels)
    value = wrapped(features, labels)
    saved.append([features, labels, loss.centers.detach().clone(),
                  loss.started.clone()])
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
torch.save([saved, loss.centers.detach()], f'{folder}/{rank}.pt')
dist.destroy_process_group()
'''


def test_two_ranks_start_from_the_features_of_both(tmp_path):
    run_processes(WORKER, tmp_path)
    (first, end), (second, other_end) = (
        torch.load(tmp_path / f'{rank}.pt') for rank in range(2))
    assert torch.equal(end, other_end)
    for step, new in enumerate([(0, 1, 2), (3, )]):
        (a, la, centers, started), (b, lb, other, others) = (
            first[step], second[step])
        assert torch.equal(centers, other) and torch.equal(started, others)
        features, labels = torch.cat([a, b]), torch.cat([la, lb])
        for k in new:
            torch.testing.assert_close(
                centers[k], features[labels == k].mean(0))
        assert started.tolist() == [1, 1, 1, step]


def test_bad_margin():
    with pytest.raises(ValueError, match='margin'):
        RegionBiasLoss(margin=-1)
    with pytest.raises(ValueError, match='reduction'):
        NeighborGuidanceLoss('none')
