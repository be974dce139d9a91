# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.layers import (PATCH_SCHEMES, PatchGate, cut_around,
                                 cut_windows, patch_windows, windows_around)
from mmfer.models.layers.patch_windows import LANDMARKS
from mmfer.structures.landmarks import mirror_order


@pytest.mark.parametrize('scheme', ['grid2', 'grid4', 'overlap5'])
@pytest.mark.parametrize('height, width', [(14, 14), (7, 7), (1, 1), (2, 2),
                                           (5, 8)])
def test_windows_cover_the_map(scheme, height, width):
    windows = patch_windows(scheme, height, width)
    seen = torch.zeros(height, width)
    for top, end, left, right in windows:
        assert 0 <= top < end <= height and 0 <= left < right <= width
        seen[top:end, left:right] += 1
    assert seen.all()
    assert len({(e - t, r - x) for t, e, x, r in windows}) == 1
    assert len(windows) == PATCH_SCHEMES[scheme]
    mirrored = {(t, e, width - r, width - x) for t, e, x, r in windows}
    assert scheme == 'overlap5' or mirrored == set(windows)


def test_windows_of_the_page():
    assert patch_windows('overlap5', 14, 14) == [
        (0, 9, 0, 9), (0, 9, 5, 14), (5, 14, 0, 9), (5, 14, 5, 14),
        (2, 11, 2, 11)]
    assert patch_windows('grid2', 14, 14)[3] == (7, 14, 7, 14)
    assert patch_windows('grid4', 14, 14)[5:7] == [(3, 7, 3, 7), (3, 7, 7, 11)]
    assert patch_windows('grid4', 8, 8)[-1] == (6, 8, 6, 8)
    x = torch.arange(2 * 3 * 14 * 14.).view(2, 3, 14, 14)
    cut = cut_windows(x, patch_windows('overlap5', 14, 14))
    assert torch.equal(cut[:, 4], x[:, :, 2:11, 2:11])


def test_the_landmarks_of_both_sides():
    mirror = mirror_order(68)
    assert len(set(LANDMARKS)) == 24
    assert {mirror[i] for i in LANDMARKS} == set(LANDMARKS)


def test_patches_around_points_equal_slices():
    """Windows whose cells lie on those of the map."""
    x = torch.randn(2, 3, 14, 14)
    points = torch.full((2, 68, 2), float('nan'))
    points[0, 17] = torch.tensor([5 / 14, 8 / 14])
    points[1, 17] = torch.tensor([3 / 14, 13 / 14])
    centres, size = windows_around(points, 14, 14)
    cut = cut_around(x, centres, size)
    assert cut.shape == (2, 24, 3, 6, 6)
    torch.testing.assert_close(cut[0, 0], x[0, :, 5:11, 2:8])
    torch.testing.assert_close(cut[1, 0, :, :4], x[1, :, 10:14, 0:6])
    assert not cut[1, 0, :, 4:].abs().gt(1e-6).any()  # beyond the edge
    # Unknown points: the centre of the picture.
    torch.testing.assert_close(cut[:, 1], x[:, :, 4:10, 4:10])


def test_a_gate_for_maps_of_any_size():
    gate = PatchGate(8).eval()
    for size in (1, 5):
        values = gate(torch.randn(3, 8, size, size))
        assert values.shape == (3, )
        assert (values > 0).all() and (values < 1).all()


def test_bad_number_of_points():
    with pytest.raises(ValueError, match='68 points'):
        windows_around(torch.zeros(2, 5, 2), 7, 7)
