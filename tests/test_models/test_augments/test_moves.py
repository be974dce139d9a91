# Copyright (c) mmfer contributors.
import cv2
import numpy as np
import pytest
import torch
from mmpretrain.datasets.transforms import RandomCrop, RandomResizedCrop

from mmfer.datasets.transforms import FaceAffine, FaceFlip
from mmfer.models.augments import (BatchAffine, BatchAugments, BatchFlip,
                                   BatchRandomCrop, BatchRandomResizedCrop)
from mmfer.structures import AnnotationError
from mmfer.structures.landmarks import MIRROR_POINTS

from .distributions import differ

MOTION = dict(shift=.1, scale=.15, rotate=15)


def smooth(count, height, width, seed=0):
    """Smooth uint8 pictures, NHWC and as the augments take them."""
    rng = np.random.default_rng(seed)
    imgs = rng.uniform(0, 255, (count, height, width, 3))
    imgs = np.stack([cv2.GaussianBlur(i, (0, 0), 4) for i in imgs])
    imgs = ((imgs - imgs.min()) / np.ptp(imgs) * 255).astype(np.uint8)
    return imgs, torch.from_numpy(imgs).permute(0, 3, 1, 2)


def nhwc(batch):
    return batch.images.permute(0, 2, 3, 1).numpy()


def run(augments, images, targets=None, seed=0):
    torch.manual_seed(seed)
    return BatchAugments(augments)(images, targets)


# -- distributions


def motions(matrix, size):
    """Shift in parts of the size, scale, angle and whether there is any, of
    maps ``(N, 2, 3)``."""
    height, width = size
    linear, shift = matrix[:, :, :2], matrix[:, :, 2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = (linear @ centre + shift - centre) / (width, height)
    angle = np.degrees(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
    moved = np.abs(matrix - np.eye(2, 3)).max((1, 2)) > 1e-9
    columns = [*shift.T, np.linalg.det(linear)**.5, angle, moved]
    return np.stack(columns, 1).round(9)


def affine_draws(count=6000, size=(6, 10), **options):
    np.random.seed(1)
    transform = FaceAffine(**options)
    img = np.zeros((*size, 3), np.uint8)
    identity = np.eye(2, 3)
    return motions(np.stack([
        transform(dict(img=img)).get('affine', identity) for _ in range(count)
    ]), size)


def batch_draws(augment, count=6000, size=(6, 10)):
    torch.manual_seed(2)
    return motions(augment.draw_moves(count, size).matrix.numpy(), size)


@pytest.mark.parametrize('options', [
    MOTION,
    dict(MOTION, prob=.6),
    dict(shift=(0., .2), scale=(.5, 1.), rotate=(-40, -10))
], ids=['plain', 'prob', 'pairs'])
def test_affine_is_distributed_as_face_affine(options):
    assert not differ(batch_draws(BatchAffine(**options)),
                      affine_draws(**options))


def test_affine_with_a_size_is_face_affine_then():
    """Range of the maps of both, among them the resize."""
    options = dict(MOTION, prob=.7, size=(9, 14))
    np.random.seed(0)
    img = np.zeros((6, 10, 3), np.uint8)
    theirs = [FaceAffine(**options)(dict(img=img))['affine']
              for _ in range(4000)]
    torch.manual_seed(0)
    ours = BatchAffine(**options).draw_moves(4000, (6, 10)).matrix
    assert not differ(ours.flatten(1).round(decimals=9),
                      np.reshape(theirs, (4000, 6)).round(9))


@pytest.mark.parametrize('wrong', [
    dict(shift=.12), dict(scale=.18), dict(rotate=18), dict(prob=.66)
], ids=lambda wrong: next(iter(wrong)))
def test_the_comparison_finds_a_wrong_range(wrong):
    right = dict(MOTION, prob=.6)
    assert differ(batch_draws(BatchAffine(**{**right, **wrong})),
                  affine_draws(**right))


@pytest.mark.parametrize('prob', [.3, .5])
def test_flip_is_distributed_as_face_flip(prob):
    np.random.seed(0)
    img = np.zeros((4, 4, 3), np.uint8)
    theirs = np.mean([
        FaceFlip(prob)(dict(img=img)).get('flip', False) for _ in range(9000)
    ])
    torch.manual_seed(0)
    ours = BatchFlip(prob).draw_moves(9000, (4, 4)).mirrors.float().mean()
    # Four standard deviations of the difference.
    assert abs(ours - theirs) < 4 * (prob * (1 - prob) * 2 / 9000)**.5 < .05


def test_resized_crop_is_distributed_as_mmpretrains():
    np.random.seed(0)
    img = np.zeros((40, 30, 3), np.uint8)
    for options in (dict(), dict(crop_ratio_range=(.5, 1.)),
                    dict(aspect_ratio_range=(2., 3.))):
        transform = RandomResizedCrop(20, **options)
        top, left, height, width = np.transpose(
            [transform.rand_crop_params(img) for _ in range(5000)])
        ours = BatchRandomResizedCrop(20, **options).draw_windows(
            5000, (40, 30))
        theirs = np.stack([top, left, height, width], 1)
        assert not differ(ours, theirs)
        # Sums, as the columns depend on each other.
        assert not differ(ours[:, :2] + ours[:, 2:], theirs[:, :2] +
                          theirs[:, 2:])
        assert not differ(ours[:, 2] * ours[:, 3], height * width)
    wrong = BatchRandomResizedCrop(20, (.08, 1.), (1.8, 3.))
    assert differ(wrong.draw_windows(5000, (40, 30)), theirs)


def test_resized_crop_falls_back_to_the_centre():
    narrow = BatchRandomResizedCrop(8, (1., 1.), (2., 2.))
    assert (narrow.draw_windows(50, (40, 30)) == torch.tensor(
        [12., 0, 15, 30])).all()
    transform = RandomResizedCrop(8, (1., 1.), (2., 2.))
    assert transform.rand_crop_params(np.zeros((40, 30, 3))) == (12, 0, 15,
                                                                 30)


def test_crop_is_distributed_as_mmpretrains():
    np.random.seed(0)
    transform = RandomCrop((10, 9), padding=2)
    img = np.zeros((10 + 4, 12 + 4, 3), np.uint8)
    theirs = np.array(
        [transform.rand_crop_params(img)[:2] for _ in range(5000)])
    torch.manual_seed(0)
    matrix = BatchRandomCrop((10, 9), 2).draw_moves(5000, (10, 12)).matrix
    ours = 2 - matrix[:, :, 2].flip(1)
    for axis, room in enumerate((4, 7)):
        counts = np.bincount(ours[:, axis].long(), minlength=room + 1)
        assert len(counts) == room + 1
        others = np.bincount(theirs[:, axis], minlength=room + 1)
        share = 1 / (room + 1)
        bound = 4.5 * (2 * 5000 * share * (1 - share))**.5
        assert abs(counts - others).max() < bound < 300


# -- pixels


@pytest.mark.parametrize('dtype', [torch.uint8, torch.float32])
def test_flip_is_exact(dtype):
    images = torch.randint(0, 256, (40, 3, 7, 10)).to(dtype)
    done = run([dict(type='BatchFlip')], images)
    flip = done.records['flip']
    assert 5 < flip.sum() < 35 and done.images.dtype == dtype
    for old, new, mirrored in zip(images, done.images, flip):
        assert torch.equal(new, old.flip(2) if mirrored else old)


def test_twice_mirrored_is_not_mirrored():
    images = torch.randint(0, 256, (6, 3, 8, 9), dtype=torch.uint8)
    done = run([dict(type='BatchFlip', prob=1.)] * 2, images)
    assert torch.equal(done.images, images)
    assert not done.records['flip'].any()
    assert torch.equal(done.records['affine'], torch.eye(2, 3).expand(6, 2, 3))


@pytest.mark.parametrize('augment', [
    dict(type='BatchAffine', size=9), dict(type='BatchAffine', prob=0.),
    dict(MOTION, type='BatchAffine', prob=0., size=(9, 9)),
    dict(type='BatchRandomCrop', size=9)
], ids=['size', 'nothing', 'prob0', 'crop'])
def test_what_does_not_move_is_exact(augment):
    images = torch.randint(0, 256, (6, 3, 9, 9), dtype=torch.uint8)
    done = run([augment, dict(type='BatchFlip', prob=0.)], images)
    assert torch.equal(done.images, images)


def test_samples_that_are_only_mirrored_are_exact():
    images = torch.randint(0, 256, (60, 3, 20, 18), dtype=torch.uint8)
    done = run([dict(MOTION, type='BatchAffine', prob=.5),
                dict(type='BatchFlip')], images)
    linear = done.records['affine'][:, :, :2]
    still = (linear.abs() == torch.eye(2)).all(2).all(1)
    assert 15 < still.sum() < 45
    for old, new, mirrored in zip(images[still], done.images[still],
                                  done.records['flip'][still]):
        assert torch.equal(new, (old.flip(2) if mirrored else old).float())


@pytest.mark.parametrize('fill', [0, (10, 200, 77)])
def test_crop_and_flip_are_exact(fill):
    images = torch.randint(0, 256, (50, 3, 12, 15), dtype=torch.uint8)
    done = run([dict(type='BatchFlip'),
                dict(type='BatchRandomCrop', size=(12, 11), padding=3,
                     fill=fill), dict(type='BatchFlip')], images)
    assert done.images.dtype == torch.uint8
    assert done.images.shape == (50, 3, 12, 11)
    for old, new, matrix in zip(images.permute(0, 2, 3, 1).numpy(),
                                nhwc(done), done.records['affine'].numpy()):
        colour = fill if isinstance(fill, tuple) else (fill, ) * 3
        right = cv2.warpAffine(old, matrix, (11, 12), flags=cv2.INTER_NEAREST,
                               borderMode=cv2.BORDER_CONSTANT,
                               borderValue=colour)
        np.testing.assert_array_equal(new, right)
    assert len({tuple(m.flatten().tolist())
                for m in done.records['affine']}) > 30


@pytest.mark.parametrize('fill', [0, (10, 200, 77)])
def test_affine_is_opencvs_warp(fill):
    imgs, images = smooth(20, 40, 48)
    done = run([dict(MOTION, type='BatchAffine', fill=fill, size=(36, 30)),
                dict(type='BatchFlip')], images)
    colour = fill if isinstance(fill, tuple) else (fill, ) * 3
    for old, new, matrix in zip(imgs, nhwc(done),
                                done.records['affine'].numpy()):
        right = cv2.warpAffine(old.astype(np.float32),
                               matrix.astype(np.float64), (30, 36),
                               borderValue=colour)
        # OpenCV may round places to 1/32 pixel.
        assert np.abs(new - right).max() < 9
        assert np.abs(new - right).mean() < .5


def test_fused_is_one_after_the_other():
    _, images = smooth(16, 40, 40)
    steps = [dict(MOTION, type='BatchAffine', fill=90, size=44),
             dict(type='BatchFlip'),
             dict(type='BatchRandomCrop', size=40),
             dict(type='BatchRandomResizedCrop', scale=(36, 32),
                  crop_ratio_range=(.5, 1.))]
    fused = run(steps, images)
    torch.manual_seed(0)  # the same draws, but one sampling each
    matrix = np.tile(np.eye(3), (16, 1, 1))
    apart = images
    for step in steps:
        done = BatchAugments([step])(apart)
        apart = done.images
        matrix = np.concatenate([
            done.records['affine'].numpy(),
            np.tile([[[0., 0., 1.]]], (16, 1, 1))
        ], 1) @ matrix
    np.testing.assert_allclose(fused.records['affine'], matrix[:, :2],
                               atol=1e-4)
    inner = np.s_[:, :, 4:-4, 4:-4]
    error = (fused.images[inner] - apart[inner]).abs()
    assert error.mean() < 1.5
    assert (fused.images[inner] - fused.images.roll(1, 0)[inner]
            ).abs().mean() > 15


def test_fill_colours_that_differ_are_not_fused():
    augments = BatchAugments([
        dict(type='BatchAffine', rotate=9, fill=1), dict(type='BatchFlip'),
        dict(type='BatchAffine', rotate=9, fill=2)
    ])
    assert [len(step.augments) for step in augments.steps] == [2, 1]
    _, images = smooth(8, 20, 20)
    torch.manual_seed(0)
    affine = augments(images).records['affine'].numpy()
    torch.manual_seed(0)
    one = BatchAugments([dict(type='BatchAffine', rotate=9, fill=3),
                         dict(type='BatchFlip'),
                         dict(type='BatchAffine', rotate=9, fill=3)])
    np.testing.assert_allclose(one(images).records['affine'], affine,
                               atol=1e-5)


def test_shrinking_averages():
    """A checkerboard becomes grey."""
    board = (torch.arange(64)[:, None] + torch.arange(64)) % 2 * 200
    images = board.expand(4, 3, 64, 64).to(torch.uint8)
    for options in (dict(), dict(rotate=20)):
        done = run([dict(type='BatchAffine', size=16, **options)], images)
        centre = done.images[:, :, 4:-4, 4:-4]
        assert (centre - 100).abs().max() < 3


# -- landmarks


@pytest.mark.parametrize('count', [5, 68])
def test_landmarks_move_with_their_pixels(count):
    """Picture i has one bright spot, at landmark i."""
    rng = np.random.default_rng(0)
    points = rng.uniform(22, 42, (count, 2)).astype(np.float32)
    y, x = np.mgrid[:64, :64]
    spots = [255 * np.exp(-((x - px)**2 + (y - py)**2) / 8)
             for px, py in points]
    images = torch.tensor(np.stack(spots), dtype=torch.float32)
    images = images[:, None].repeat(1, 3, 1, 1)
    targets = dict(gt_landmarks=torch.tensor(points).repeat(count, 1, 1))
    done = run([dict(type='BatchFlip'),
                dict(shift=.05, scale=.1, rotate=15, type='BatchAffine',
                     prob=.8), dict(type='BatchFlip', prob=.3),
                dict(type='BatchRandomCrop', size=(60, 56))], images, targets)
    moved = done.targets['gt_landmarks']
    assert 0 < done.records['flip'].sum() < count
    for i, flip in enumerate(done.records['flip']):
        weight = done.images[i, 0].double().numpy()
        y, x = np.mgrid[:60, :56]
        centre = [(weight * x).sum() / weight.sum(),
                  (weight * y).sum() / weight.sum()]
        # After mirroring, the point has the number of its mirror point.
        number = MIRROR_POINTS[count].index(i) if flip else i
        np.testing.assert_allclose(moved[i, number], centre, atol=.15)
    assert torch.equal(targets['gt_landmarks'][0], torch.tensor(points))


def test_unknown_landmarks_stay_unknown():
    points = torch.full((6, 5, 2), float('nan'))
    points[:, 2] = 4.
    done = run([dict(type='BatchFlip', prob=1.)],
               torch.zeros(6, 3, 8, 10), dict(gt_landmarks=points))
    assert done.targets['gt_landmarks'].isnan().all(2).sum() == 24
    assert (done.targets['gt_landmarks'][:, 2] == torch.tensor([5., 4.])).all()


# -- bad arguments


@pytest.mark.parametrize('augment', [
    dict(type='BatchFlip', prob=1.1), dict(type='BatchFlip', prob='x'),
    dict(type='BatchAffine', prob=-.1), dict(type='BatchAffine', scale=1.),
    dict(type='BatchAffine', scale=(.5, .4)),
    dict(type='BatchAffine', shift=float('nan')),
    dict(type='BatchAffine', rotate=(1, 2, 3)),
    dict(type='BatchAffine', size=0), dict(type='BatchAffine', size=(3, 2.)),
    dict(type='BatchAffine', fill=256), dict(type='BatchAffine', fill=(1, 2)),
    dict(type='BatchRandomCrop', size=-1),
    dict(type='BatchRandomCrop', size=4, padding=4),
    dict(type='BatchRandomResizedCrop', scale=0),
    dict(type='BatchRandomResizedCrop', scale=8, crop_ratio_range=(0, 1)),
    dict(type='BatchRandomResizedCrop', scale=8, crop_ratio_range=.5),
    dict(type='BatchRandomResizedCrop', scale=8, aspect_ratio_range=(2, 1)),
    dict(type='BatchRandomResizedCrop', scale=8, max_attempts=0),
], ids=str)
def test_bad_argument(augment):
    with pytest.raises(ValueError, match='must be|got'):
        BatchAugments([augment])


def test_bad_window_larger_than_the_image():
    with pytest.raises(ValueError, match=r'\(9, 9\).*\(8, 12\).*Hint'):
        run([dict(type='BatchRandomCrop', size=9)], torch.zeros(2, 3, 8, 12))


def test_bad_number_of_landmarks():
    with pytest.raises(AnnotationError, match='7 points.*BatchFlip'):
        run([dict(type='BatchFlip')], torch.zeros(2, 3, 8, 8),
            dict(gt_landmarks=torch.zeros(2, 7, 2)))


@pytest.mark.parametrize('augments, least', [
    ([dict(type='BatchFlip')], 1.),
    ([dict(type='BatchRandomCrop', size=20, padding=4)], 1.),
    ([dict(type='BatchAffine', shift=.2, scale=.3, rotate=40, size=40),
      dict(type='BatchFlip')], .97),
], ids=['flip', 'crop', 'affine'])
def test_masks_follow_the_pixels(augments, least):
    """Half a disc, drawn as picture and as mask."""
    torch.manual_seed(0)
    y, x = torch.meshgrid(*[torch.arange(24.) - 11.5] * 2, indexing='ij')
    disc = ((x**2 + y**2 < 80) & (x < 3)).to(torch.uint8).repeat(16, 1, 1)
    images = (255 * disc)[:, None].repeat(1, 3, 1, 1)
    done = BatchAugments(augments)(images, dict(gt_mask=disc))
    mask = done.targets['gt_mask']
    assert mask.dtype == torch.uint8
    assert mask.shape[1:] == done.images.shape[2:]
    same = (done.images[:, 0].float() > 127.5) == (mask > 0)
    assert same.float().mean() >= least
    assert mask.float().std(0).max() > 0  # samples moved differently
