# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from mmpretrain.models import CutMix

from mmfer.models.augments import BatchAugments, BatchCutMix, BatchMixup

from .distributions import differ

COUNT = 24


@pytest.fixture
def images():
    torch.manual_seed(0)
    return torch.randint(0, 256, (COUNT, 3, 10, 14), dtype=torch.uint8)


def run(augment, images, **targets):
    torch.manual_seed(0)
    return BatchAugments([augment])(images, targets)


@pytest.mark.parametrize('alpha', [.2, 1, 4.])
def test_shares_are_distributed_as_numpys_beta(alpha):
    torch.manual_seed(0)
    ours = BatchMixup(alpha).draw_weight(4000)
    theirs = np.random.default_rng(0).beta(alpha, alpha, 4000)
    assert not differ(ours, theirs)
    assert differ(BatchMixup(1.5 * alpha).draw_weight(4000), theirs)


@pytest.mark.parametrize('alpha', [.3, 1.])
def test_windows_are_distributed_as_mmpretrains(alpha):
    np.random.seed(0)
    cutmix = CutMix(alpha)
    theirs = []
    for _ in range(4000):
        (top, bottom, left, right), share = cutmix.cutmix_bbox_and_lam(
            (30, 20), np.random.beta(alpha, alpha))
        theirs.append((share, top, left, bottom, right))
    theirs = np.array(theirs)
    torch.manual_seed(0)
    ours = BatchCutMix(alpha).draw(4000, (30, 20))[:, 1:]
    assert not differ(ours, theirs)
    assert not differ(ours[:, 3:] - ours[:, 1:3],
                      theirs[:, 3:] - theirs[:, 1:3])
    wrong = BatchCutMix(1.5 * alpha).draw(4000, (30, 20))[:, 1:]
    assert differ(wrong, theirs)


def test_probability():
    torch.manual_seed(0)
    for augment in (BatchMixup(1., prob=.3), BatchCutMix(4., prob=.3)):
        share = augment.draw(4000, (40, 40))[:, 1]
        assert 1100 < (share < 1).sum() < 1300
    for kind in ('BatchMixup', 'BatchCutMix'):
        images = torch.randint(0, 256, (9, 3, 8, 8)).float()
        done = run(dict(type=kind, alpha=1, prob=0.), images,
                   gt_score=torch.eye(9))
        assert torch.equal(done.images, images)
        assert torch.equal(done.targets['gt_score'], torch.eye(9))


def test_mixup_is_what_the_records_say(images):
    score = torch.rand(COUNT, 5)
    done = run(dict(type='BatchMixup', alpha=1.), images, gt_score=score)
    index, share = (done.records[k] for k in ('mix_index', 'mix_weight'))
    assert sorted(index.tolist()) == list(range(COUNT))
    assert index.dtype == torch.int64 and len(set(share.tolist())) == COUNT
    for i, (k, w) in enumerate(zip(index.tolist(), share.tolist())):
        right = w * images[i].float() + (1 - w) * images[k].float()
        torch.testing.assert_close(done.images[i], right, atol=1e-3, rtol=0)
        torch.testing.assert_close(done.targets['gt_score'][i],
                                   w * score[i] + (1 - w) * score[k])


def test_cutmix_is_what_the_records_say(images):
    done = run(dict(type='BatchCutMix', alpha=1., num_classes=4), images,
               gt_label=torch.arange(COUNT) % 4)
    index, share = (done.records[k] for k in ('mix_index', 'mix_weight'))
    assert done.images.dtype == torch.uint8
    one_hot = torch.eye(4)
    for i, (k, w) in enumerate(zip(index.tolist(), share.tolist())):
        if k == i:
            continue
        other = (done.images[i] != images[i]).any(0)
        assert int(other.sum()) == pytest.approx((1 - w) * 140, abs=1e-3)
        y, x = np.nonzero(other.numpy())
        if len(y):
            assert len(y) == (np.ptp(y) + 1) * (np.ptp(x) + 1)
            assert done.records['mix_window'][i].tolist() == [
                y.min(), x.min(), y.max() + 1, x.max() + 1]
        right = torch.where(other, images[k], images[i])
        assert torch.equal(done.images[i], right)
        torch.testing.assert_close(
            done.targets['gt_score'][i],
            w * one_hot[i % 4] + (1 - w) * one_hot[k % 4])
    assert torch.equal(done.targets['gt_label'], torch.arange(COUNT) % 4)


@pytest.mark.parametrize('kind', [BatchMixup, BatchCutMix])
@pytest.mark.parametrize('options', [
    dict(alpha=0), dict(alpha=-1.), dict(alpha=float('nan')),
    dict(alpha='one'), dict(alpha=1., prob=2),
    dict(alpha=1., num_classes=0), dict(alpha=1., num_classes=2.5)
], ids=str)
def test_bad_argument(kind, options):
    with pytest.raises(ValueError, match='got'):
        kind(**options)


def test_without_targets_there_are_records_only(images):
    done = run(dict(type='BatchMixup', alpha=1.), images)
    assert set(done.records) == {'mix_index', 'mix_weight'}
    assert done.targets == {}


@pytest.mark.parametrize('targets', [
    dict(gt_au=torch.zeros(COUNT, 3)),
    dict(gt_label=torch.zeros(COUNT).long())
], ids=['no label', 'label'])
def test_bad_targets(images, targets):
    with pytest.raises(ValueError, match='gt_score.*Hint.*num_classes'):
        run(dict(type='BatchMixup', alpha=1.), images, **targets)
