# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

import mmfer  # noqa: F401
from mmfer.datasets.transforms import (ALIGN_RECIPES, FaceFlip,
                                       PackFERInputs, PasteOccluder)
from mmfer.errors import ConfigError
from mmfer.structures import AnnotationError
from mmfer.structures.landmarks import MEAN_FACES


def face(index=0, height=64, width=64, gray=False, **more):
    rng = np.random.default_rng(index)
    img = rng.integers(60, 200, (height, width, 3), dtype=np.uint8)
    if gray:
        img[:] = img[..., :1]
    return dict(img=img, sample_idx=index, **more)


def rows_of(mask):
    """First and last covered row, as fractions of the height."""
    rows = np.flatnonzero(mask.any(1))
    return rows[0] / len(mask), (rows[-1] + 1) / len(mask)


def test_a_face_has_one_occluder_whatever_came_before():
    paste = TRANSFORMS.build(dict(type='PasteOccluder', prob=1.))
    first = [paste(face(i)) for i in range(6)]
    for i in (4, 0, 5):
        again = PasteOccluder(prob=1.)(face(i))
        assert (again['img'] == first[i]['img']).all()
        assert (again['gt_mask'] == first[i]['gt_mask']).all()
    other = PasteOccluder(prob=1., seed=1)
    assert any((other(face(i))['gt_mask'] != first[i]['gt_mask']).any()
               for i in range(6))


def test_nothing_but_the_occluder_changes():
    paste = PasteOccluder(prob=1.)
    for i in range(12):
        given = face(i)
        kept = given['img'].copy()
        done = paste(given)
        mask = done['gt_mask']
        assert mask.dtype == np.uint8 and set(np.unique(mask)) == {0, 1}
        # Pixels covered by less than a half change as well: a border.
        near = cv2.dilate(mask, np.ones((5, 5), np.uint8))
        changed = (done['img'] != kept).any(2)
        assert not changed[near == 0].any()
        assert changed[mask == 1].mean() > .95
        assert .01 < mask.mean() < .4


def test_the_proportion_of_faces():
    paste = PasteOccluder(prob=.3)
    masks = [paste(face(i, 24, 24))['gt_mask'] for i in range(400)]
    assert .23 < np.mean([mask.any() for mask in masks]) < .37
    free = PasteOccluder(prob=0.)(face(3))
    assert not free['gt_mask'].any()
    assert (free['img'] == face(3)['img']).all()


@pytest.mark.parametrize('name, low, high', [
    ('sunglasses', .25, .55), ('mask', .45, 1.)])
def test_occluders_are_where_the_recipe_has_eyes_and_mouth(name, low, high):
    """Eyes at 0.39 and mouth at 0.8 of the height of RAF-DB's faces."""
    paste = PasteOccluder(prob=1., occluders=[name])
    size = ALIGN_RECIPES['rafdb100']['size'][0]
    eyes, mouth = (
        tuple(round(v * 64 / size) for v in point) for point in (
            ALIGN_RECIPES['rafdb100']['points'][i] for i in (0, 2)))
    for i in range(8):
        mask = paste(face(i))['gt_mask']
        top, bottom = rows_of(mask)
        assert low < top and bottom <= high
        hidden, seen = (eyes, mouth) if name == 'sunglasses' else (mouth, eyes)
        assert mask[hidden[1], hidden[0]] and not mask[seen[1], seen[0]]


def test_occluders_follow_the_landmarks():
    """Also of a small face in a corner of a wide image, turned by 30
    degrees."""
    paste = PasteOccluder(prob=1., occluders=['mask'])
    points = np.array(MEAN_FACES[68]) - .5
    turn = np.deg2rad(30)
    points = points @ np.array([[np.cos(turn), np.sin(turn)],
                                [-np.sin(turn), np.cos(turn)]])
    points = 60 * points + (150, 45)
    mask = paste(face(1, 100, 200, gt_landmarks=points))['gt_mask']
    y, x = np.nonzero(mask)
    mouth = points[48:68].mean(0)
    assert mask[round(mouth[1]), round(mouth[0])]
    assert np.abs(np.array([x.mean(), y.mean()]) - mouth).max() < 8
    assert 10 < np.ptp(x) < 50
    # Unknown points: as without any.
    points[40] = np.nan
    unknown = paste(face(1, 100, 200, gt_landmarks=points))['gt_mask']
    plain = paste(face(1, 100, 200))['gt_mask']
    assert (unknown == plain).all() and (plain != mask).any()


def test_gray_images_stay_gray():
    done = PasteOccluder(prob=1.)(face(2, gray=True))
    assert (done['img'] == done['img'][..., :1]).all()
    assert done['gt_mask'].any()
    colored = PasteOccluder(prob=1.)(face(2))['img']
    assert (colored != colored[..., :1]).any()


def test_the_mask_moves_with_the_pixels():
    paste, flip = PasteOccluder(prob=1., occluders=['hand']), FaceFlip(1.)
    done = paste(face(5))
    mask = done['gt_mask'].copy()
    assert (mask != mask[:, ::-1]).any()
    sample = PackFERInputs()(flip(done))['data_samples']
    assert (sample.gt_mask.numpy() == mask[:, ::-1]).all()


def test_an_earlier_mask_is_kept():
    old = np.zeros((64, 64), np.uint8)
    old[:4] = 1
    paste = PasteOccluder(prob=1., occluders=['mask'])
    mask = paste(face(0, gt_mask=old))['gt_mask']
    assert mask[:4].all() and mask[40:].any()


@pytest.mark.parametrize('options, match', [
    (dict(occluders=['scarf']), 'scarf'), (dict(occluders=[]), 'occluders'),
    (dict(occluders=['none']), 'none'), (dict(seed=-1), 'seed'),
    (dict(recipe='box-margin'), 'box-margin')])
def test_bad_options(options, match):
    with pytest.raises(ConfigError, match=match):
        PasteOccluder(**options)


def test_bad_samples():
    paste = PasteOccluder(prob=1.)
    with pytest.raises(ConfigError, match='sample_idx'):
        paste(dict(img=np.zeros((8, 8, 3), np.uint8)))
    with pytest.raises(AnnotationError, match=r'a.png.*\(7, 2\)'):
        paste(face(0, gt_landmarks=np.ones((7, 2)), img_path='a.png'))
