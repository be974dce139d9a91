# Copyright (c) mmfer contributors.
"""What holds for every transform that moves pixels."""
import cv2
import numpy as np
import pytest

from mmfer.registry import TRANSFORMS
from mmfer.structures import AnnotationError

POINTS = np.array([(30, 40), (66, 38), (50, 60), (34, 76), (64, 78)],
                  dtype=np.float32)
BOX = (22, 26, 74, 88)

CONFIGS = {
    'resize-down': dict(type='FaceResize', size=64),
    'resize-far-down': dict(type='FaceResize', size=(30, 36)),
    'resize-up': dict(type='FaceResize', size=(150, 131)),
    'pad': dict(type='FacePad', size=(121, 140)),
    'pad-square': dict(type='FacePad'),
    'crop-center': dict(type='FaceCrop', size=(80, 70), mode='center'),
    'crop-random': dict(type='FaceCrop', size=90),
    'crop-padding': dict(type='FaceCrop', size=(110, 104), padding=9),
    'flip': dict(type='FaceFlip', prob=1.),
    'affine': dict(type='FaceAffine', shift=.1, scale=.15, rotate=15),
    'affine-size': dict(type='FaceAffine', shift=.1, scale=.1, rotate=15,
                        size=(72, 64)),
    'affine-far-down': dict(type='FaceAffine', scale=.1, rotate=30, size=31),
    'affine-unlucky': dict(type='FaceAffine', rotate=30, prob=0., size=50),
    'align-arcface112': dict(type='FaceAlign', recipe='arcface112'),
    'align-arcface-224': dict(type='FaceAlign', recipe='arcface112',
                              size=224),
    'align-rafdb100': dict(type='FaceAlign', recipe='rafdb100'),
    'align-box': dict(type='FaceAlign', recipe='box-margin', size=(90, 80)),
}  # yapf: disable


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(3)


def blob(centre, shape=(110, 100), sigma=2.5):
    """A picture with one soft light spot; where it is can be measured."""
    y, x = np.mgrid[:shape[0], :shape[1]]
    spot = np.exp(-((x - centre[0])**2 + (y - centre[1])**2) / 2 / sigma**2)
    return np.repeat((250 * spot[..., None]).round().astype(np.uint8), 3, 2)


def centre_of_mass(img):
    weight = img[..., 0].astype(float)
    y, x = np.mgrid[:img.shape[0], :img.shape[1]]
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


def sample(img, **kwargs):
    return dict(
        img=img, img_path='a.png', img_shape=img.shape[:2],
        gt_landmarks=POINTS.copy(),
        gt_bboxes=np.array([BOX], dtype=np.float32), **kwargs)


@pytest.mark.parametrize('name', CONFIGS)
def test_pixels_and_landmarks_move_together(name):
    transform = TRANSFORMS.build(CONFIGS[name])
    order = [1, 0, 2, 4, 3] if name == 'flip' else range(5)
    for i in range(5):
        np.random.seed(i)
        results = transform(sample(blob(POINTS[i])))
        want = results['gt_landmarks'][list(order).index(i)]
        height, width = results['img'].shape[:2]
        assert results['img_shape'] == (height, width)
        assert results['img'].dtype == np.uint8
        if (8 < want[0] < width - 8) and (8 < want[1] < height - 8):
            got = centre_of_mass(results['img'])
            np.testing.assert_allclose(got, want, atol=0.15)
        else:
            assert name in ('crop-center', 'affine-far-down',
                            'resize-far-down', 'align-box')


@pytest.mark.parametrize('name', CONFIGS)
def test_affine_is_the_way_from_the_loaded_image(name):
    first = TRANSFORMS.build(dict(type='FaceAffine', shift=.1, rotate=20,
                                  scale=.1, size=(105, 101)))
    results = TRANSFORMS.build(CONFIGS[name])(first(sample(blob((5, 5)))))
    want = POINTS @ results['affine'][:, :2].T + results['affine'][:, 2]
    if name == 'flip':
        want = want[[1, 0, 2, 4, 3]]
    np.testing.assert_allclose(results['gt_landmarks'], want, atol=1e-3)
    assert results['flip'] is (name == 'flip')


@pytest.mark.parametrize('name', CONFIGS)
def test_boxes_are_the_hull_of_the_moved_rectangle(name):
    x1, y1, x2, y2 = BOX
    img = np.zeros((110, 100, 3), np.uint8)
    img[y1:y2, x1:x2] = 255
    results = TRANSFORMS.build(CONFIGS[name])(sample(img))
    rows, columns = np.where(results['img'][..., 0] > 40)
    want = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    got = results['gt_bboxes']
    assert got.shape == (1, 4) and got.dtype == np.float32
    # The corners of a turned rectangle are sharper than pixels.
    np.testing.assert_allclose(got[0], want, atol=2)
    height, width = results['img_shape']
    assert (got >= 0).all() and (got <= [width, height] * 2).all()


@pytest.mark.parametrize('name', CONFIGS)
def test_mask_follows_the_pixels(name):
    mask = np.zeros((110, 100), np.uint8)
    cv2.circle(mask, (60, 50), 25, 1, -1)
    img = np.repeat(mask[..., None] * 255, 3, 2)
    results = TRANSFORMS.build(CONFIGS[name])(sample(img, gt_mask=mask))
    moved = results['gt_mask']
    assert moved.dtype == np.uint8 and set(np.unique(moved)) == {0, 1}
    assert moved.shape == results['img'].shape[:2]
    assert (moved == (results['img'][..., 0] > 127)).mean() > 0.985


@pytest.mark.parametrize('name', CONFIGS)
def test_boxes_are_clipped_and_whole_images_stay_whole(name):
    results = sample(blob((50, 50)))
    results['gt_bboxes'] = np.array([[22, 26, 74, 88]], np.float32)
    if not name.startswith('align-box'):
        results['gt_bboxes'] = np.array([[0, 0, 100, 110], [-9, -9, 999, 999]],
                                        np.float32)
    results = TRANSFORMS.build(CONFIGS[name])(results)
    height, width = results['img_shape']
    if name.startswith(('resize', 'flip', 'affine-unlucky')):
        np.testing.assert_allclose(results['gt_bboxes'],
                                   [[0, 0, width, height]] * 2, atol=1e-3)
    assert (results['gt_bboxes'] >= 0).all()
    assert (results['gt_bboxes'] <= [width, height] * 2).all()


@pytest.mark.parametrize('name',
                         [n for n in CONFIGS if not n.startswith('align')])
def test_nan_stays_nan(name):
    results = sample(blob((50, 50)))
    results['gt_landmarks'][2] = np.nan
    results['gt_landmarks'][3, 1] = np.nan
    moved = TRANSFORMS.build(CONFIGS[name])(results)['gt_landmarks']
    at = 4 if name == 'flip' else 3
    assert moved.dtype == np.float32
    assert np.isnan(moved[[2, at]]).all()
    assert np.isfinite(np.delete(moved, [2, at], axis=0)).all()


@pytest.mark.parametrize('name', CONFIGS)
def test_what_is_absent_stays_absent(name):
    results = sample(blob((50, 50)))
    if not name.startswith('align'):
        del results['gt_landmarks'], results['gt_bboxes']
    keys = set(results)
    out = TRANSFORMS.build(CONFIGS[name])(results)
    assert set(out) - keys <= {'affine', 'flip', 'align'}


@pytest.mark.parametrize('size', [(48, 48), (110, 100)], ids=str)
def test_grey_stays_grey_and_repr_names_the_class(size):
    img = cv2.resize(blob((50, 50)), size[::-1])
    for config in CONFIGS.values():
        if config['type'] in ('FaceCrop', 'FaceAlign'):
            continue
        transform = TRANSFORMS.build(config)
        out = transform(dict(img=img))['img']
        assert (out == out[..., :1]).all()
        assert repr(transform).startswith(config['type'] + '(')


def test_fill_reaches_places_without_pixels():
    img = np.full((20, 20, 3), 100, np.uint8)
    for config in (dict(type='FacePad', size=30),
                   dict(type='FaceCrop', size=28, padding=6, mode='center'),
                   dict(type='FaceAffine', scale=(.5, .5), rotate=(45, 45))):
        out = TRANSFORMS.build(dict(fill=(1, 2, 3), **config))(dict(img=img))
        assert out['img'][0, 0].tolist() == [1, 2, 3]
        assert out['img'][10, 10].tolist() == [100] * 3


@pytest.mark.parametrize('shape', [(5, ), (5, 3), (1, 5, 2)], ids=str)
def test_bad_landmark_shape(shape):
    results = sample(blob((50, 50)))
    results['gt_landmarks'] = np.zeros(shape, np.float32)
    with pytest.raises(AnnotationError, match='a.png: gt_landmarks must have'):
        TRANSFORMS.build(dict(type='FaceResize', size=8))(results)


@pytest.mark.parametrize('shape', [(4, ), (1, 5), (2, 2)], ids=str)
def test_bad_box_shape(shape):
    results = sample(blob((50, 50)))
    results['gt_bboxes'] = np.zeros(shape, np.float32)
    with pytest.raises(AnnotationError, match='a.png: gt_bboxes must have'):
        TRANSFORMS.build(dict(type='FaceResize', size=8))(results)


@pytest.mark.parametrize('mask', [
    np.zeros((100, 110), np.uint8),
    np.zeros((110, 100, 1), np.uint8),
    np.zeros((110, 100), bool)
], ids=['turned', 'channel', 'bool'])  # yapf: disable
def test_bad_mask(mask):
    results = sample(blob((50, 50)), gt_mask=mask)
    with pytest.raises(AnnotationError, match='a.png: gt_mask must be uint8'):
        TRANSFORMS.build(dict(type='FaceResize', size=8))(results)


BAD_CONFIGS = {
    'size-zero': dict(type='FaceResize', size=0),
    'size-float': dict(type='FaceResize', size=64.),
    'size-three': dict(type='FaceResize', size=(64, 64, 3)),
    'size-true': dict(type='FaceResize', size=True),
    'size-text': dict(type='FacePad', size='64'),
    'fill-high': dict(type='FacePad', fill=256),
    'fill-two': dict(type='FaceCrop', size=4, fill=(1, 2)),
    'crop-mode': dict(type='FaceCrop', size=4, mode='corner'),
    'crop-padding': dict(type='FaceCrop', size=4, padding=-1),
    'crop-padding-large': dict(type='FaceCrop', size=4, padding=4),
    'flip-prob': dict(type='FaceFlip', prob=1.5),
    'flip-prob-nan': dict(type='FaceFlip', prob=float('nan')),
    'affine-prob': dict(type='FaceAffine', prob=-.1),
    'affine-negative': dict(type='FaceAffine', shift=-.1),
    'affine-order': dict(type='FaceAffine', rotate=(10, -10)),
    'affine-nan': dict(type='FaceAffine', rotate=float('nan')),
    'affine-scale-to-nothing': dict(type='FaceAffine', scale=1.),
    'affine-triple': dict(type='FaceAffine', shift=(0, .1, .2)),
    'noise-variance': dict(type='FaceGaussianNoise', variance=0),
    'noise-prob': dict(type='FaceGaussianNoise', prob=2),
    'align-recipe': dict(type='FaceAlign', recipe='arcface'),
    'align-margin': dict(type='FaceAlign', recipe='arcface112', margin=.1),
    'align-margin-nan': dict(type='FaceAlign', recipe='box-margin',
                             margin=float('nan')),
}  # yapf: disable


@pytest.mark.parametrize('kind', BAD_CONFIGS)
def test_bad_argument(kind):
    with pytest.raises(ValueError, match='must|unknown recipe|no margin'):
        TRANSFORMS.build(BAD_CONFIGS[kind])


def test_bad_crop_larger_than_the_image():
    with pytest.raises(ValueError, match='a.png: a window.*Hint'):
        TRANSFORMS.build(dict(type='FaceCrop', size=120))(
            sample(blob((50, 50))))


def test_bad_pad_smaller_than_the_image():
    with pytest.raises(ValueError, match='a.png: an image.*Hint'):
        TRANSFORMS.build(dict(type='FacePad', size=90))(
            sample(blob((50, 50))))
