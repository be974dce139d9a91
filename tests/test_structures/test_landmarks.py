# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.structures.landmarks import (MEAN_FACES, MIRROR_POINTS,
                                        five_points, mirror_order)


def mirrored_face():
    """A symmetric drawing of 68 points: x grows to the right of the picture,
    the middle is x = 0."""
    face = np.zeros((68, 2))
    angle = np.linspace(np.pi, 0, 17)
    face[:17] = np.stack([10 * np.cos(angle), 5 + 8 * np.sin(angle)], 1)
    face[17:22] = [(-8, -5), (-7, -6), (-6, -7), (-4, -6), (-2, -5)]
    face[22:27] = [(2, -5), (4, -6), (6, -7), (7, -6), (8, -5)]
    face[27:31] = [(0, -3), (0, -2), (0, -1), (0, 0)]
    face[31:36] = [(-2, 1), (-1, 1.5), (0, 2), (1, 1.5), (2, 1)]
    face[36:42] = [(-7, -3), (-6, -4), (-4, -4), (-3, -3), (-4, -2), (-6, -2)]
    face[42:48] = [(3, -3), (4, -4), (6, -4), (7, -3), (6, -2), (4, -2)]
    face[48:55] = [(-5, 6), (-3, 5), (-1, 4), (0, 4.5), (1, 4), (3, 5),
                   (5, 6)]
    face[55:60] = [(3, 8), (1, 9), (0, 9.5), (-1, 9), (-3, 8)]
    face[60:65] = [(-4, 6), (-2, 5.5), (0, 5.6), (2, 5.5), (4, 6)]
    face[65:68] = [(2, 7), (0, 7.2), (-2, 7)]
    return face


@pytest.mark.parametrize('count', sorted(MIRROR_POINTS))
def test_mirroring_twice_changes_nothing(count):
    order = np.array(mirror_order(count))
    assert len(order) == count
    assert (order[order] == np.arange(count)).all()


def test_mirror_order_maps_a_symmetric_face_to_itself():
    face = mirrored_face()
    mirrored = (face * (-1, 1))[list(mirror_order(68))]
    np.testing.assert_allclose(mirrored, face, atol=1e-12)


def test_mirror_order_of_five_points():
    face = np.array([(-3, -3), (3, -3), (0, 0), (-2, 5), (2, 5)])
    mirrored = (face * (-1, 1))[list(mirror_order(5))]
    np.testing.assert_array_equal(mirrored, face)


def test_five_points_of_68():
    five = five_points(mirrored_face().astype(np.float32))
    np.testing.assert_allclose(five,
                               [(-5, -3), (5, -3), (0, 0), (-5, 6), (5, 6)])


def test_five_points_keep_nan():
    face = mirrored_face()
    face[37] = np.nan
    five = five_points(face)
    assert np.isnan(five[0]).all() and np.isfinite(five[1:]).all()


@pytest.mark.parametrize('count', [0, 4, 6, 21, 98])
def test_bad_number_of_points_to_mirror(count):
    with pytest.raises(ValueError, match=f'with {count} points'):
        mirror_order(count)


@pytest.mark.parametrize('shape', [(5, ), (5, 3), (68, 3), (98, 2)], ids=str)
def test_bad_shape_for_five_points(shape):
    with pytest.raises(ValueError, match='got'):
        five_points(np.zeros(shape))


@pytest.mark.parametrize('count', sorted(MEAN_FACES))
def test_mean_faces_are_symmetric(count):
    face = np.array(MEAN_FACES[count])
    mirrored = face[list(MIRROR_POINTS[count])] * (-1, 1) + (1, 0)
    np.testing.assert_allclose(mirrored, face, atol=.011)
    np.testing.assert_allclose(
        five_points(face), MEAN_FACES[5], atol=.011)
