# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.engine.phased_ramp import PhasedRamp
from mmfer.models.augments import BatchAugments, BatchRemix

COUNTS = [900, 300, 299, 10]


def _shares(remix, share, own, partner):
    """Label shares of pairs: of each, first and second place of a batch."""
    number = len(own)
    labels = torch.cat([own, partner])
    index = torch.cat([torch.arange(number) + number, torch.arange(number)])
    both = torch.cat([share, 1 - share])
    return remix.label_share(both, index, dict(gt_label=labels))[:number]


@pytest.mark.parametrize('phase', [0., .4, 1.])
def test_labels_side_with_the_rarer_class(phase):
    remix = BatchRemix(1., COUNTS, kappa=3., tau=.45)
    remix.set_phase(phase)
    cases = [(a, b, s) for a in range(4) for b in range(4)
             for s in (.1, .44, .5, .56, 1.)]
    own, partner = (torch.tensor([c[k] for c in cases]) for k in (0, 1))
    got = _shares(remix, torch.tensor([c[2] for c in cases]), own, partner)
    changed = 0
    for (a, b, share), value in zip(cases, got.tolist()):
        full = share
        if COUNTS[a] / COUNTS[b] >= 3 and share < .45:
            full = 0.
        elif COUNTS[a] / COUNTS[b] <= 1 / 3 and 1 - share < .45:
            full = 1.
        changed += full != share
        assert value == pytest.approx((1 - phase) * share + phase * full,
                                      abs=1e-6), (a, b, share)
    # Five pairs apart by a factor of 3, two and one share below tau.
    assert changed == 5 * 2 + 5 * 1


def test_images_are_mixed_and_labels_are_what_the_records_say():
    torch.manual_seed(0)
    labels = torch.arange(24) % 4
    images = torch.randint(0, 256, (24, 3, 4, 4), dtype=torch.uint8)
    done = BatchAugments([BatchRemix(1., COUNTS)])(
        images, dict(gt_label=labels))
    index, share, label_share = (done.records[k] for k in (
        'mix_index', 'mix_weight', 'mix_label_weight'))
    assert (share != label_share).any() and (share == label_share).any()
    for i, k in enumerate(index.tolist()):
        torch.testing.assert_close(
            done.images[i], share[i] * images[i] + (1 - share[i]) * images[k],
            atol=1e-3, rtol=0)
        want = torch.zeros(4)
        want[labels[i]] += label_share[i]
        want[labels[k]] += 1 - label_share[i]
        torch.testing.assert_close(done.targets['gt_score'][i], want)


def test_label_shares_of_the_release(shared):
    path = shared / 'golden/cri_ldam.pt'
    if not path.is_file():
        pytest.skip(f'needs the parity references {path}')
    golden = torch.load(path, weights_only=True)
    remix = BatchRemix(1., golden['counts']['cifar10_if100'])
    ramp, moved = PhasedRamp(power=3.), 0
    for row in golden['ppmix_rows']:
        remix.set_phase(ramp(row['epoch'], 200))
        share = torch.full((len(row['label_a']), ), row['lam'])
        got = _shares(remix, share, row['label_a'], row['label_b'])
        torch.testing.assert_close(got, row['label_weight'], atol=1e-5,
                                   rtol=0)
        moved += (got != share).sum().item()
    assert moved > 50


def test_without_counts_it_is_mixup():
    share = torch.rand(6)
    remix = BatchRemix(1., num_classes=4)
    with pytest.warns(UserWarning, match='Hint.*ClassCountHook'):
        assert remix.label_share(share, torch.arange(6), {}) is share
    remix.set_counts(COUNTS)
    assert remix.num_classes == 4


@pytest.mark.parametrize('settings', [
    dict(kappa=.5), dict(tau=1.5), dict(counts=[3, -1]), dict(counts=[0, 0])])
def test_bad_argument(settings):
    with pytest.raises(ValueError, match='got'):
        BatchRemix(1., **settings)


def test_bad_without_labels():
    augment = BatchAugments([BatchRemix(1., COUNTS)])
    with pytest.raises(ValueError, match='compares the classes.*gt_score'):
        augment(torch.zeros(2, 3, 4, 4), dict(gt_score=torch.eye(4)[:2]))
