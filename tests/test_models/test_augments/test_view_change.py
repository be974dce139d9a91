# Copyright (c) mmfer contributors.
"""What a record says is done to maps and scores as to the pictures."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmfer.models.augments import BatchAugments, ViewChange

COUNT, CELLS, PIXELS = 12, (3, 4), 5


def _maps():
    """Maps whose cells are 5 x 5 pixels, as three colours."""
    torch.manual_seed(0)
    return torch.rand(COUNT, 3, *CELLS) * 255


def _picture(maps):
    return maps.repeat_interleave(PIXELS, 2).repeat_interleave(PIXELS, 3)


def _change(augments, maps):
    torch.manual_seed(1)
    pictures = _picture(maps)
    done = BatchAugments(augments)(pictures)
    return done, ViewChange(done.records, tuple(pictures.shape[2:]))


@pytest.mark.parametrize('augments', [
    [dict(type='BatchFlip')],
    [dict(type='BatchCutMix', alpha=1.)],
    [dict(type='BatchMixup', alpha=1.)],
    [dict(type='BatchFlip'), dict(type='BatchColorJitter'),
     dict(type='BatchCutMix', alpha=1.)],
], ids=['flip', 'cutmix', 'mixup', 'flip_cutmix'])
def test_maps_change_as_pictures_that_show_them(augments):
    maps = _maps()
    done, change = _change(augments, maps)
    want = F.avg_pool2d(done.images, PIXELS)
    changed, shown = change.maps(maps)
    torch.testing.assert_close(changed, want, atol=1e-2, rtol=1e-4)
    torch.testing.assert_close(shown, torch.ones(COUNT, 1, *CELLS))
    assert not torch.equal(changed, maps)


def test_map_and_picture_show_equal_shares():
    """Of a window that cuts cells, the part that it covers counts."""
    maps = torch.zeros(COUNT, 1, *CELLS)
    done, change = _change([dict(type='BatchCutMix', alpha=1.)], _maps())
    partners = done.records['mix_index']
    for i in range(COUNT):
        maps.zero_()[i] = 1.
        changed, _ = change.maps(maps)
        own = done.records['mix_weight'][i]
        if partners[i] != i:
            torch.testing.assert_close(changed[i].mean(), own)


def test_maps_move_as_the_pixels():
    """The x of each cell, against the inverse map in numpy."""
    moves = [dict(type='BatchAffine', shift=.1, scale=.2, rotate=30),
             dict(type='BatchFlip')]
    done, change = _change(moves, _maps())
    height, width = CELLS
    x = PIXELS * np.arange(width) + (PIXELS - 1) / 2
    y = PIXELS * np.arange(height) + (PIXELS - 1) / 2
    maps = torch.from_numpy(x).float().expand(COUNT, 1, height, width)
    changed, shown = change.maps(maps)
    inner = 0
    for i, affine in enumerate(done.records['affine'].numpy()):
        back = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))
        for r in range(height):
            for c in range(width):
                x_old, y_old, _ = back @ [x[c], y[r], 1]
                if x[0] <= x_old <= x[-1] and y[0] <= y_old <= y[-1]:
                    inner += 1
                    assert float(shown[i, 0, r, c]) == pytest.approx(1)
                    assert float(changed[i, 0, r, c]) == pytest.approx(
                        x_old, abs=1e-3)
    assert inner > 30 and (shown < .99).any()


def test_maps_pass_gradients():
    maps = _maps().requires_grad_()
    _, change = _change([dict(type='BatchCutMix', alpha=1.)], _maps())
    change.maps(maps)[0].sum().backward()
    # Every pixel of the second view comes from one of the first.
    assert float(maps.grad.sum()) == pytest.approx(maps.numel())


def test_scores_are_mixed():
    logits = torch.randn(COUNT, 4, requires_grad=True)
    done, change = _change([dict(type='BatchMixup', alpha=1.)], _maps())
    scores = logits.softmax(1)
    mixed, logs = change.scores(scores), change.log_scores(logits)
    for i, (k, share) in enumerate(zip(done.records['mix_index'].tolist(),
                                       done.records['mix_weight'].tolist())):
        want = share * scores[i] + (1 - share) * scores[k]
        torch.testing.assert_close(mixed[i], want)
        torch.testing.assert_close(logs[i].exp(), want)


@pytest.mark.parametrize('share', [0., 1.])
def test_scores_of_one_sample_alone(share):
    logits = torch.randn(2, 4, requires_grad=True)
    change = ViewChange(
        dict(mix_index=torch.tensor([1, 0]),
             mix_weight=torch.tensor([share, share])), (6, 6))
    want = logits.log_softmax(1)
    torch.testing.assert_close(
        change.log_scores(logits), want if share else want.flip(0))
    change.log_scores(logits)[:, 0].sum().backward()
    assert torch.isfinite(logits.grad).all() and logits.grad.any()


def test_without_records_nothing_changes():
    change, maps = ViewChange({}, (15, 20)), _maps()
    scores = torch.rand(COUNT, 4)
    assert change.scores(scores) is scores
    assert torch.equal(change.log_scores(scores), scores.log_softmax(1))
    changed, shown = change.maps(maps)
    assert torch.equal(changed, maps) and (shown == 1).all()
