# Copyright (c) mmfer contributors.
import colorsys

import mmcv
import numpy as np
import pytest
import torch
from mmcv.transforms import RandomGrayscale
from mmpretrain.datasets.transforms import ColorJitter

from mmfer.datasets.transforms import FaceGaussianNoise
from mmfer.models.augments import (BatchAugments, BatchColorJitter,
                                   BatchGaussianNoise, BatchGray)

from .distributions import differ

RANGES = dict(brightness=.4, contrast=.5, saturation=.6)


@pytest.fixture
def img():
    """Eight clearly different colours, some at the limits."""
    return np.array([[[200, 40, 90], [10, 250, 130], [255, 255, 255],
                      [60, 70, 80]],
                     [[0, 0, 0], [130, 20, 240], [255, 128, 0],
                      [90, 160, 90]]], np.uint8)


def repeat(img, count):
    return torch.from_numpy(img).permute(2, 0, 1).repeat(count, 1, 1, 1)


def jittered(img, count=3000, **options):
    torch.manual_seed(0)
    done = BatchAugments([dict(options, type='BatchColorJitter')])(
        repeat(img, count))
    return done.images.permute(0, 2, 3, 1).numpy()


def theirs(img, count=3000, **options):
    np.random.seed(0)
    transform = ColorJitter(**options)
    return np.stack(
        [transform(dict(img=img))['img'] for _ in range(count)])


def columns(images):
    """Three colourful pixels, truncated as by Pillow; noise of a few grey
    levels hides that ours are not truncated after each step."""
    pixels = images[:, [0, 0, 1], [0, 1, 1]].reshape(len(images), -1)
    noise = np.random.default_rng(len(images)).uniform(-3, 3, pixels.shape)
    return np.floor(pixels) + noise


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('options', [
    dict(brightness=.4), dict(contrast=.4), dict(saturation=.4), RANGES,
    # MMCV's shift fails below 0 with NumPy 2.
    dict(RANGES, hue=(0., .2))
], ids=['brightness', 'contrast', 'saturation', 'three', 'four'])
def test_distributed_as_mmpretrains(img, options):
    assert not differ(columns(jittered(img, **options)),
                      columns(theirs(img, **options)))


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('name', list(RANGES))
def test_the_comparison_finds_a_wrong_range(img, name):
    wrong = dict(RANGES, **{name: 1.5 * RANGES[name]})
    assert differ(columns(jittered(img, **wrong)),
                  columns(theirs(img, **RANGES)))


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('factor', [.3, 1.7])
@pytest.mark.parametrize('name, oracle', [
    ('brightness', mmcv.adjust_brightness), ('contrast', mmcv.adjust_contrast),
    ('saturation', mmcv.adjust_color)
], ids=['brightness', 'contrast', 'saturation'])
def test_one_factor(img, name, oracle, factor):
    done = jittered(img, 2, **{name: (factor, factor)})
    right = oracle(img, factor, backend='pillow')
    assert np.abs(done - right).max() < 1.8


@pytest.mark.filterwarnings('ignore')
def test_every_sample_has_its_own_order(img):
    """Clipping makes the order visible."""
    done = jittered(img, 1000, brightness=(1.8, 1.8), contrast=(.3, .3))

    def bright(x):
        return mmcv.adjust_brightness(x, 1.8, backend='pillow')

    def flat(x):
        return mmcv.adjust_contrast(x, .3, backend='pillow')

    first, second = (np.abs(done - right).max((1, 2, 3)) < 2.5
                     for right in (bright(flat(img)), flat(bright(img))))
    assert (first != second).all()
    assert 430 < first.sum() < 570


def test_hue_by_hand(img):
    shift = torch.tensor([0., .1, -.25, .5])
    done = BatchColorJitter.shift_hue(
        torch.from_numpy(img).float().repeat(4, 1, 1, 1), shift)
    for images, turn in zip(done.numpy(), shift.tolist()):
        for new, old in zip(images.reshape(-1, 3), img.reshape(-1, 3)):
            hue, s, v = colorsys.rgb_to_hsv(*old[::-1] / 255.)
            right = colorsys.hsv_to_rgb((hue + turn) % 1, s, v)
            np.testing.assert_allclose(new[::-1], np.multiply(right, 255),
                                       atol=1e-2)


def test_some_images_keep_their_colours(img):
    done = jittered(img, 2000, brightness=(.5, .5), hue=(.1, .1), prob=.3)
    right = jittered(img, 2000, brightness=(.5, .5), hue=(.1, .1))
    still, changed = (np.abs(done - other).max((1, 2, 3)) < 1e-2
                      for other in (img, right[:1]))
    assert (still != changed).all()
    assert changed.mean() == pytest.approx(.3, abs=.04)


def test_gray_is_distributed_as_mmcvs(img):
    np.random.seed(0)
    their = RandomGrayscale(.3, True, (.114, .587, .299))
    right = np.floor((img * (.114, .587, .299)).sum(2, keepdims=True))
    count = sum((their(dict(img=img))['img'] == right).all()
                for _ in range(2000))
    torch.manual_seed(0)
    done = BatchAugments([dict(type='BatchGray', prob=.3)])(repeat(img, 2000))
    grey = (np.abs(done.images.permute(0, 2, 3, 1).numpy() - right) < 1
            ).all((1, 2, 3))
    assert abs(int(grey.sum()) - count) < 4 * (2 * 2000 * .3 * .7)**.5 < 120
    assert torch.equal(done.images[~torch.from_numpy(grey)],
                       repeat(img, int((~grey).sum())).float())


def test_noise_is_distributed_as_face_gaussian_noise():
    img = np.full((9, 9, 3), (0, 120, 254), np.uint8)

    def draws(ours, **options):
        torch.manual_seed(1 + ours)
        if ours:
            done = BatchAugments([dict(options, type='BatchGaussianNoise')])(
                repeat(img, 1500)).images
            assert done.dtype == torch.uint8
            done = done.permute(0, 2, 3, 1).numpy()
        else:
            noise = FaceGaussianNoise(**options)
            done = np.stack([noise(dict(img=img))['img']
                             for _ in range(1500)])
        noisy = (done != img).any((1, 2, 3))
        mean = done[noisy].astype(float).mean((1, 2))
        return noisy, mean, done[noisy].std((1, 2))[:, 1:2]

    theirs, ours = draws(False, prob=.4), draws(True, prob=.4)
    assert all(not differ(a, b) for a, b in zip(ours, theirs))
    assert ours[1][:, 1].mean() == pytest.approx(119.5, abs=.1)
    assert differ(draws(True, prob=.5)[0], theirs[0])
    assert differ(draws(True, prob=.4, variance=33.)[2], theirs[2])


@pytest.mark.parametrize('options', [
    dict(brightness=-.1), dict(contrast=(1.2, .8)), dict(saturation=(-1, 1)),
    dict(brightness=(1, 2, 3)), dict(contrast=float('inf')),
    dict(brightness=float('nan')), dict(hue=.6), dict(hue=(-.6, 0)),
    dict(hue=-.1), dict(prob=1.5)
], ids=str)
def test_bad_jitter(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        BatchColorJitter(**options)


@pytest.mark.parametrize('build', [
    lambda: BatchGray(-.1), lambda: BatchGray('half'),
    lambda: BatchGaussianNoise(variance=0),
    lambda: BatchGaussianNoise(prob=1.5)
])
def test_bad_gray_and_noise(build):
    with pytest.raises(ValueError, match='got'):
        build()
