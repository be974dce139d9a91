# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest

from mmfer.datasets.synthetic import (OCCLUDERS, PARAMETERS, contact_sheet,
                                      render_face, sample_faces, to_pixels)
from mmfer.datasets.synthetic.expressions import UNITS

SIZE = 112


def draw(faces, i, **changes):
    face = faces['face'][i].copy()
    for name, value in changes.items():
        face[PARAMETERS.index(name)] = value
    return render_face(face, faces['gt_au'][i], faces['face_points'][i], SIZE)


def inside(points):
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
    return mask > 0


@pytest.fixture(scope='module')
def faces():
    return sample_faces(0, 'train', np.arange(40), occlusion=0., light=.2,
                        blur=0., noise=0., ambiguity=0.)


def test_dark_iris_and_bright_sclera_lie_inside_the_eyes(faces):
    for i in range(40):
        if faces['gt_au'][i, UNITS.index(43)] > 0:
            continue
        picture = draw(faces, i)[0].astype(float).mean(2)
        points = to_pixels(faces['face_points'][i, :68], SIZE)
        for eye in (points[36:42], points[42:48]):
            hole = inside(eye)
            x, y = np.rint(eye.mean(0)).astype(int)
            around = picture[y + 7:y + 9, x - 3:x + 4].mean()
            values = picture[hole]
            assert values.min() < .6 * around
            # The darkest pixel near the eye is in it or in its lid line.
            y0, x0 = y - 5, x - 8
            patch = picture[y0:y0 + 11, x0:x0 + 17]
            row, column = np.unravel_index(patch.argmin(), patch.shape)
            near = cv2.dilate(hole.astype(np.uint8), np.ones((5, 5)))
            assert near[y0 + row, x0 + column]


def test_lip_colour_fills_the_lips_only(faces):
    changed = []
    for i in range(40):
        pale = draw(faces, i, lip_tone=0.)[0].astype(int)
        red = draw(faces, i, lip_tone=1.)[0].astype(int)
        points = to_pixels(faces['face_points'][i, :68], SIZE)
        lips = inside(points[48:60])
        difference = np.abs(red - pale).max(2) > 12
        # The corners of the eyes have the colour of the lips.
        difference[:int(points[33, 1])] = False
        far = cv2.dilate(lips.astype(np.uint8), np.ones((5, 5))) == 0
        assert not (difference & far).any()
        changed.append(difference[lips].mean())
    assert np.mean(changed) > .6


def test_skin_fills_the_jaw_line(faces):
    for i in range(10):
        light = draw(faces, i, skin=0., occluder=0)[0].astype(int)
        dark = draw(faces, i, skin=1., occluder=0)[0].astype(int)
        points = to_pixels(faces['face_points'][i, :68], SIZE)
        x, y = np.rint(.5 * (points[30] + points[2])).astype(int)
        assert np.abs(light - dark)[y, x].max() > 50
        assert np.abs(light - dark)[:4, :4].max() < 5


@pytest.mark.parametrize('name', OCCLUDERS[1:])
def test_mask_is_where_the_occluder_changed_the_picture(faces, name):
    overlap = []
    for i in range(25):
        bare, empty = draw(faces, i)
        hidden, mask = draw(faces, i, occluder=OCCLUDERS.index(name))
        assert not empty.any() and mask.any()
        assert set(np.unique(mask)) == {0, 1}
        changed = np.abs(bare.astype(int) - hidden).max(2) > 0
        near = cv2.dilate(mask, np.ones((3, 3)))
        assert not changed[near == 0].any()
        overlap.append(changed[mask > 0].mean())
    # A pixel of the same colour before and after does not count as changed.
    assert np.mean(overlap) > .97


def test_other_size_shows_the_same_face(faces):
    small = render_face(faces['face'][3], faces['gt_au'][3],
                        faces['face_points'][3], 56)[0]
    large = render_face(faces['face'][3], faces['gt_au'][3],
                        faces['face_points'][3], 224)[0]
    shrunk = cv2.resize(large, (56, 56), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - shrunk).mean() < 4


@pytest.mark.parametrize('name, high', [('blur', 2.), ('noise', 15.),
                                        ('light', .9)])
def test_nuisances_change_the_picture(faces, name, high):
    plain = draw(faces, 0)[0].astype(float)
    changed = draw(faces, 0, **{name: high})[0].astype(float)
    assert np.abs(plain - changed).mean() > 1


def test_contact_sheet():
    sheet = contact_sheet(columns=2, image_size=48)
    assert sheet.shape == (8 * 48, 70 + 2 * 48, 3)
    assert sheet.std() > 20
