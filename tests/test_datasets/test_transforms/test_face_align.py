# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest

from mmfer.datasets.transforms import ALIGN_RECIPES, FaceAlign
from mmfer.datasets.transforms.geometry import fit_similarity
from mmfer.structures import AnnotationError

FIVE = np.array([(60, 80), (110, 70), (90, 105), (75, 135), (118, 128)],
                dtype=np.float32)
IMG = np.zeros((200, 180, 3), np.uint8)


def umeyama(source, target):
    """The textbook form: singular values of the covariance matrix."""
    mean_s, mean_t = source.mean(0), target.mean(0)
    s, t = source - mean_s, target - mean_t
    u, d, vt = np.linalg.svd(t.T @ s / len(s))
    sign = np.diag([1, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    scale = (d * np.diag(sign)).sum() / s.var(0).sum()
    linear = scale * u @ sign @ vt
    return np.column_stack([linear, mean_t - linear @ mean_s])


@pytest.mark.parametrize('count', [2, 3, 5, 68])
def test_similarity_is_that_of_umeyama(count):
    rng = np.random.default_rng(count)
    for _ in range(50):
        source, target = rng.normal(size=(2, count, 2)) * 30
        np.testing.assert_allclose(fit_similarity(source, target),
                                   umeyama(source, target), atol=1e-8)


def test_similarity_beats_every_neighbour():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 5, 2))
    best = fit_similarity(source, target)

    def error(matrix):
        moved = source @ matrix[:, :2].T + matrix[:, 2]
        return ((moved - target)**2).sum()

    for change in 1e-3 * rng.normal(size=(200, 4)):
        a, b, x, y = change
        other = best + [[a, -b, x], [b, a, y]]
        assert error(other) > error(best)


def test_arcface112_agrees_with_opencv_on_exact_faces():
    template = np.array(ALIGN_RECIPES['arcface112']['points'])
    angle = np.radians(25)
    turn = 1.7 * np.array([[np.cos(angle), -np.sin(angle)],
                           [np.sin(angle), np.cos(angle)]])
    face = template @ turn.T + (40, -20)
    results = FaceAlign('arcface112')(dict(img=IMG, gt_landmarks=face))
    np.testing.assert_allclose(results['gt_landmarks'], template, atol=1e-3)
    matrix, _ = cv2.estimateAffinePartial2D(face, template)
    np.testing.assert_allclose(results['affine'], matrix, atol=1e-3)


@pytest.mark.parametrize('recipe', ['arcface112', 'rafdb100'])
def test_68_points_give_what_their_five_points_give(recipe):
    rng = np.random.default_rng(0)
    points = np.zeros((68, 2), np.float32)
    for eye, start in zip(FIVE[:2], (36, 42)):
        ring = rng.normal(size=(6, 2)) * 4
        points[start:start + 6] = eye + ring - ring.mean(0)
    points[30], points[48], points[54] = FIVE[2:]
    one = FaceAlign(recipe)(dict(img=IMG, gt_landmarks=points))
    two = FaceAlign(recipe)(dict(img=IMG, gt_landmarks=FIVE))
    np.testing.assert_allclose(one['affine'], two['affine'], atol=1e-4)
    assert one['gt_landmarks'].shape == (68, 2)


def test_rafdb100_places_eyes_and_mouth():
    results = FaceAlign('rafdb100')(dict(img=IMG, gt_landmarks=FIVE))
    assert results['img'].shape == (100, 100, 3)
    template = np.array(ALIGN_RECIPES['rafdb100']['points'])
    moved = results['gt_landmarks']
    moved = np.stack([moved[0], moved[1], moved[3:].mean(0)])
    np.testing.assert_allclose(moved.mean(0), template.mean(0), atol=1e-3)
    assert np.abs(moved - template).max() < 4
    # Neither the nose nor the width of the mouth has a say.
    other = FIVE + [(0, 0), (0, 0), (9, 9), (-7, 0), (7, 0)]
    again = FaceAlign('rafdb100')(dict(img=IMG, gt_landmarks=other))
    np.testing.assert_allclose(results['affine'], again['affine'])


def test_size_scales_the_template_and_keeps_the_field_of_view():
    small = FaceAlign('arcface112')(dict(img=IMG, gt_landmarks=FIVE))
    large = FaceAlign('arcface112', size=224)(
        dict(img=IMG, gt_landmarks=FIVE))
    assert large['img'].shape == (224, 224, 3)
    np.testing.assert_allclose(large['gt_landmarks'] + 0.5,
                               2 * (small['gt_landmarks'] + 0.5), atol=1e-3)


def test_box_margin_is_a_square_around_the_box():
    img = np.zeros((200, 180, 3), np.uint8)
    img[40:120, 60:100] = 255
    box = np.array([[60, 40, 100, 120]], np.float32)
    results = FaceAlign('box-margin', size=112, margin=.2)(
        dict(img=img, gt_bboxes=box))
    # 112 pixels for a side of 80 * 1.4 = 112: one to one, box in the middle.
    want = np.zeros((112, 112), np.uint8)
    want[16:96, 36:76] = 255
    np.testing.assert_array_equal(results['img'][..., 0], want)
    np.testing.assert_allclose(results['gt_bboxes'], [[36, 16, 76, 96]],
                               atol=1e-4)
    tight = FaceAlign('box-margin', size=40, margin=0)(
        dict(img=img, gt_bboxes=box))['gt_bboxes']
    np.testing.assert_allclose(tight, [[10, 0, 30, 40]], atol=1e-4)


def test_what_was_done_is_recorded_for_each_sample_alone():
    align = FaceAlign('arcface112')
    one = align(dict(img=IMG, gt_landmarks=FIVE))
    two = align(dict(img=IMG, gt_landmarks=FIVE))
    assert one['align'] == dict(recipe='arcface112', size=(112, 112))
    one['align']['size'] = None
    assert two['align']['size'] == (112, 112)
    box = dict(img=IMG, gt_bboxes=np.array([[1, 2, 30, 40]], np.float32))
    assert FaceAlign('box-margin')(box)['align'] == dict(
        recipe='box-margin', size=(112, 112), margin=.2)


def nan_at(index):
    points = FIVE.copy()
    points[index] = np.nan
    return points


BAD_LANDMARKS = {
    'absent': (None, 'no landmarks'),
    'nan-eye': (nan_at(0), 'NaN'),
    'nan-one-coordinate': (nan_at((3, 1)), 'NaN'),
    'infinite': (np.full((5, 2), np.inf), 'NaN'),
    'six-points': (np.zeros((6, 2)), r'\(6, 2\)'),
    'three-columns': (np.zeros((5, 3)), r'\(5, 3\)'),
    'all-in-one-place': (np.full((5, 2), 7.), 'coincide'),
    'left-is-the-persons-left': (FIVE[[1, 0, 2, 4, 3]], 'left eye'),
}


@pytest.mark.parametrize('recipe', ['arcface112', 'rafdb100'])
@pytest.mark.parametrize('kind', BAD_LANDMARKS)
def test_bad_landmarks(recipe, kind):
    points, words = BAD_LANDMARKS[kind]
    results = dict(img=IMG, img_path='c.jpg')
    if points is not None:
        results['gt_landmarks'] = points
    with pytest.raises(AnnotationError,
                       match=f'c.jpg: FaceAlign .{recipe}.*{words}.*Hint'):
        FaceAlign(recipe)(results)


BAD_BOXES = {
    'absent': None,
    'none': np.zeros((0, 4)),
    'two': np.array([[0, 0, 9, 9], [5, 5, 9, 9]]),
    'flat-array': np.array([0, 0, 9, 9]),
    'empty': np.array([[5, 5, 5, 9]]),
    'turned-round': np.array([[9, 9, 1, 1]]),
    'nan': np.array([[0, 0, np.nan, 9]]),
}


@pytest.mark.parametrize('kind', BAD_BOXES)
def test_bad_box(kind):
    results = dict(img=IMG, img_path='c.jpg')
    if BAD_BOXES[kind] is not None:
        results['gt_bboxes'] = BAD_BOXES[kind]
    with pytest.raises(AnnotationError, match='c.jpg: FaceAlign .box-margin'):
        FaceAlign('box-margin')(results)
