# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets.synthetic import PARAMETERS, face_points, sample_faces
from mmfer.datasets.synthetic.expressions import UNITS

STEPS = np.linspace(0, 1, 6)


def landmarks(skew=0., also=(), **intensities):
    """Frontal landmarks of one subject, ``(6, 68, 2)``, as units rise."""
    face = sample_faces(2, 'train', np.zeros(1, int), pose=0)['face']
    face[:, PARAMETERS.index('skew')] = skew
    units = np.zeros((6, len(UNITS)))
    for name, top in intensities.items():
        units[:, UNITS.index(int(name[2:]))] = STEPS * top
    for unit in also:
        units[:, UNITS.index(unit)] = 1
    return face_points(np.repeat(face, 6, 0), units)[:, :68]


def rises(values):
    return (np.diff(values) > 1e-6).all()


def aperture(points, side=0):
    eye = points[:, 36 + 6 * side:42 + 6 * side, 1]
    return eye[:, 4:6].mean(1) - eye[:, 1:3].mean(1)


# unit, units that are on throughout, and what must grow with its intensity.
EFFECTS = [
    (1, (), lambda p: -p[:, [21, 22], 1].mean(1)),
    (2, (), lambda p: -p[:, [18, 25], 1].mean(1)),
    (4, (), lambda p: p[:, [20, 23], 1].mean(1)),
    (4, (1, ), lambda p: p[:, 21, 0] - p[:, 22, 0]),
    (5, (), aperture),
    (6, (), lambda p: -aperture(p)),
    (7, (), lambda p: -aperture(p)),
    (9, (), lambda p: -p[:, [31, 35], 1].mean(1)),
    (10, (), lambda p: -p[:, 51, 1]),
    (10, (25, ), lambda p: p[:, 66, 1] - p[:, 62, 1]),
    (12, (), lambda p: -p[:, [48, 54], 1].mean(1)),
    (12, (), lambda p: p[:, 54, 0] - p[:, 48, 0]),
    (14, (), lambda p: p[:, 54, 0] - p[:, 48, 0]),
    (15, (), lambda p: p[:, [48, 54], 1].mean(1)),
    (17, (), lambda p: -p[:, 8, 1]),
    (20, (), lambda p: p[:, 54, 0] - p[:, 48, 0]),
    (23, (), lambda p: p[:, 48, 0] - p[:, 54, 0]),
    (24, (), lambda p: p[:, 51, 1] - p[:, 57, 1]),
    (25, (), lambda p: p[:, 66, 1] - p[:, 62, 1]),
    (26, (), lambda p: p[:, 8, 1]),
    (26, (25, ), lambda p: p[:, 66, 1] - p[:, 62, 1]),
    (43, (), lambda p: -aperture(p)),
]


@pytest.mark.parametrize('unit, also, effect', EFFECTS,
                         ids=[f'AU{e[0]}-with-{e[1]}' for e in EFFECTS])
def test_units_move_what_they_name(unit, also, effect):
    assert rises(effect(landmarks(also=also, **{f'au{unit}': 1.})))


def test_every_unit_moves_landmarks():
    tested = {effect[0] for effect in EFFECTS}
    assert tested == set(UNITS)


def test_closed_eyes_are_closed():
    gap = aperture(landmarks(au43=1.))
    assert abs(gap[-1]) < .15 * gap[0]


def test_closed_lips_touch():
    for points in (landmarks(), landmarks(au12=1.), landmarks(au26=1.)):
        np.testing.assert_allclose(points[:, 61:64, 1], points[:, [67, 66, 65],
                                                               1], atol=1e-6)


@pytest.mark.parametrize('skew, moved, still', [(-1., 48, 54), (1., 54, 48)])
def test_one_sided_smile_raises_the_named_side_of_the_picture(skew, moved,
                                                              still):
    points = landmarks(skew=skew, au12=1.)
    assert rises(-points[:, moved, 1])
    assert np.ptp(points[:, still, 1]) < 1e-6


def test_ibug_order_and_sides():
    faces = sample_faces(0, 'train', np.arange(300), pose=0)
    p = faces['face_points'][:, :68]
    left_to_right = [0, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 16]
    eyes = [36, 37, 38, 39, 42, 43, 44, 45]
    for order in (left_to_right, eyes, range(17), range(31, 36),
                  (48, 49, 50, 51, 52, 53, 54), (60, 61, 62, 63, 64),
                  (59, 58, 57, 56, 55), (67, 66, 65)):
        x = p[:, list(order), 0]
        assert (np.diff(x, axis=1) > 0).mean() > .99, list(order)
    for order in ((19, 37, 29, 33, 51, 57, 8), (27, 28, 29, 30, 33),
                  (51, 62), (66, 57)):
        assert (np.diff(p[:, list(order), 1], axis=1) > -1e-6).mean() > .99
    assert ((p > 0) & (p < 1)).mean() > .999
    assert p.min() > -.05 and p.max() < 1.05


def test_pose_moves_the_head_as_documented():
    faces = sample_faces(0, 'train', np.zeros(3, int), pose=0)
    for name, axis, sign in (('yaw', 0, 1), ('pitch', 1, 1)):
        face = faces['face'].copy()
        face[:, PARAMETERS.index(name)] = (-20, 0, 20)
        p = face_points(face, faces['gt_au'])
        nose = p[:, 30, axis] - p[:, [0, 16], axis].mean(1)
        assert rises(sign * nose), name
    face = faces['face'].copy()
    face[:, PARAMETERS.index('roll')] = (-15, 0, 15)
    p = face_points(face, faces['gt_au'])
    assert rises(p[:, 45, 1] - p[:, 36, 1])
