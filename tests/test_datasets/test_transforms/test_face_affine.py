# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest

from mmfer.datasets.transforms import (FaceAffine, FaceCrop, FaceFlip,
                                       FacePad, FaceResize)
from mmfer.structures import AnnotationError


@pytest.fixture
def img():
    rng = np.random.default_rng(0)
    return cv2.GaussianBlur(
        rng.integers(0, 256, (60, 50, 3), dtype=np.uint8), (5, 5), 0)


def draws(transform, img, count=400):
    """Shift (part of the size), scale and angle of many draws."""
    np.random.seed(0)
    found = []
    height, width = img.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    for _ in range(count):
        matrix = transform(dict(img=img))['affine']
        shift = (matrix[:, :2] @ centre + matrix[:, 2] - centre) / (width,
                                                                    height)
        linear = matrix[:, :2]
        scale = np.sqrt(np.linalg.det(linear))
        np.testing.assert_allclose(linear @ linear.T, scale**2 * np.eye(2),
                                   atol=1e-9)
        angle = np.degrees(np.arctan2(linear[1, 0], linear[0, 0]))
        found.append((*shift, scale, angle))
    return np.array(found)


def test_draws_fill_their_ranges(img):
    found = draws(FaceAffine(shift=.1, scale=(.8, 1.1), rotate=15), img)
    low, high = [-.1, -.1, .8, -15], [.1, .1, 1.1, 15]
    assert (found >= np.subtract(low, 1e-9)).all()
    assert (found <= np.add(high, 1e-9)).all()
    width = np.subtract(high, low)
    assert (found.min(0) < low + .05 * width).all()
    assert (found.max(0) > high - .05 * width).all()
    np.testing.assert_allclose(found.std(0), width / np.sqrt(12), rtol=.1)
    assert np.abs(np.corrcoef(found.T) - np.eye(4)).max() < 0.2


def test_one_kind_of_motion_leaves_the_others_alone(img):
    found = draws(FaceAffine(rotate=20), img, 20)
    np.testing.assert_allclose(found[:, :3], [[0, 0, 1]] * 20, atol=1e-9)
    assert found[:, 3].std() > 5


def test_probability(img):
    np.random.seed(0)
    transform = FaceAffine(rotate=20, prob=.3)
    moved = sum('affine' in transform(dict(img=img)) for _ in range(1000))
    assert 250 < moved < 350


def test_same_seed_same_result_without_torch_or_random(img):
    out = []
    for _ in range(2):
        np.random.seed(5)
        out.append(FaceAffine(.1, .1, 15)(dict(img=img))['img'])
    np.testing.assert_array_equal(*out)
    assert (FaceAffine(.1, .1, 15)(dict(img=img))['img'] != out[0]).any()


def test_one_warp_equals_resize_then_warp(img):
    smooth = cv2.GaussianBlur(img, (0, 0), 4)
    np.random.seed(1)
    one = FaceAffine(.1, .1, 15, size=(90, 80))(dict(img=smooth))
    np.random.seed(1)
    two = FaceAffine(.1, .1, 15)(FaceResize((90, 80))(dict(img=smooth)))
    np.testing.assert_allclose(one['affine'], two['affine'])
    inside = (slice(20, -20), slice(20, -20))
    difference = one['img'][inside].astype(int) - two['img'][inside]
    assert np.abs(difference).max() <= 3


def test_identity_keeps_every_pixel(img):
    np.testing.assert_array_equal(FaceAffine()(dict(img=img))['img'], img)
    np.testing.assert_array_equal(FaceResize((60, 50))(dict(img=img))['img'],
                                  img)


def test_full_shift_leaves_only_fill(img):
    out = FaceAffine(shift=(2, 2), fill=9)(dict(img=img))['img']
    assert out.shape == img.shape and (out == 9).all()


def test_flip_is_exact_and_twice_is_identity(img):
    points = np.random.default_rng(0).uniform(0, 49, (68, 2)).astype('f4')
    mask = (img[..., 0] > 128).astype(np.uint8)
    results = dict(img=img, gt_landmarks=points, gt_mask=mask,
                   gt_bboxes=np.array([[3, 4, 20, 30]], np.float32))
    flip = FaceFlip(prob=1.)
    once = flip(dict(results))
    np.testing.assert_array_equal(once['img'], img[:, ::-1])
    np.testing.assert_array_equal(once['gt_mask'], mask[:, ::-1])
    np.testing.assert_allclose(once['gt_bboxes'], [[30, 4, 47, 30]])
    np.testing.assert_allclose(once['gt_landmarks'][0], (49, 0) +
                               points[16] * (-1, 1), atol=1e-4)
    assert once['flip'] is True
    twice = flip(dict(once))
    for key in ('img', 'gt_mask'):
        np.testing.assert_array_equal(twice[key], results[key])
    for key in ('gt_landmarks', 'gt_bboxes'):
        np.testing.assert_allclose(twice[key], results[key], atol=1e-4)
    assert twice['flip'] is False
    np.testing.assert_allclose(twice['affine'], np.eye(3)[:2], atol=1e-12)


def test_flip_rate(img):
    np.random.seed(0)
    flip = FaceFlip(.25)
    rate = np.mean(
        [flip(dict(img=img)).get('flip', False) for _ in range(1000)])
    assert 0.2 < rate < 0.3


def test_crop_and_pad_are_exact(img):
    crop = FaceCrop((40, 30), 'center')(dict(img=img))['img']
    np.testing.assert_array_equal(crop, img[10:50, 10:40])
    pad = FacePad((64, 60), fill=7)(dict(img=img))['img']
    np.testing.assert_array_equal(pad[2:62, 5:55], img)
    assert (pad[:2] == 7).all() and (pad[:, 55:] == 7).all()
    square = FacePad()(dict(img=img))
    assert square['img_shape'] == (60, 60)


def test_random_crops_reach_every_place(img):
    np.random.seed(0)
    transform = FaceCrop((58, 49), padding=2)
    places = {
        tuple((-transform(dict(img=img))['affine'][:, 2]).astype(int))
        for _ in range(600)
    }
    assert places == {(x, y) for x in range(-2, 4) for y in range(-2, 5)}


def test_fine_stripes_do_not_alias():
    """Stripes finer than the new pixels nearly become even grey. Five of them
    make a pixel, so 80 and 120 remain of 0 and 200; sampling keeps all."""
    img = np.zeros((240, 240, 3), np.uint8)
    img[:, ::2] = 200
    for transform in (FaceResize(48), FaceAffine(rotate=(3, 3), size=48)):
        out = transform(dict(img=img))['img'][8:-8, 8:-8]
        assert abs(out.mean() - 100) < 2 and out.std() < 25


@pytest.mark.parametrize('count', [21, 98, 106, 0])
def test_bad_flip_of_unknown_landmarks(img, count):
    results = dict(img=img, img_path='b.png',
                   gt_landmarks=np.zeros((count, 2), np.float32))
    with pytest.raises(AnnotationError,
                       match=f'b.png: landmarks with {count} points.*Hint'):
        FaceFlip(1.)(results)
