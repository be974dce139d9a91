# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from mmpretrain.datasets.transforms import RandomErasing

from mmfer.models.augments import BatchAugments, BatchErasing

from .distributions import differ

SIZE = (24, 18)


def windows(images):
    """Top, left, height, width and area of what is not 0 in ``(N, H, W)``,
    zeros if there is nothing."""
    found = np.zeros((len(images), 5))
    for row, img in zip(found, images):
        y, x = np.nonzero(img)
        if len(y):
            row[:] = y.min(), x.min(), np.ptp(y) + 1, np.ptp(x) + 1, len(y)
            assert row[4] == row[2] * row[3]
    return found


def theirs(count=3000, **options):
    np.random.seed(0)
    transform = RandomErasing(fill_color=255, **options)
    return windows([
        transform(dict(img=np.zeros((*SIZE, 3), np.uint8)))['img'][..., 1]
        for _ in range(count)
    ])


def ours(count=3000, **options):
    torch.manual_seed(0)
    erasing = BatchErasing(fill_color=255, **options)
    images = torch.zeros(count, *SIZE, 3, dtype=torch.uint8)
    params = erasing.draw(count, SIZE)
    return windows(erasing.change_images(images, params)[..., 1].numpy())


@pytest.mark.parametrize('options', [
    dict(), dict(erase_prob=1., min_area_ratio=.1, max_area_ratio=.9),
    dict(erase_prob=.9, aspect_range=.5),
    dict(erase_prob=1., aspect_range=(.2, .8))
], ids=['defaults', 'area', 'number', 'aspect'])
def test_windows_are_distributed_as_mmpretrains(options):
    assert not differ(ours(**options), theirs(**options))


@pytest.mark.parametrize('wrong', [
    dict(erase_prob=.7), dict(min_area_ratio=.08), dict(max_area_ratio=.33),
    dict(aspect_range=(.6, 10 / 3))
], ids=lambda wrong: next(iter(wrong)))
def test_the_comparison_finds_a_wrong_argument(wrong):
    right = dict(erase_prob=.8)
    assert differ(ours(**{**right, **wrong}), theirs(**right))


@pytest.mark.parametrize('fill_std', [None, 30], ids=['uniform', 'normal'])
def test_noise_is_distributed_as_mmpretrains(fill_std):
    options = dict(erase_prob=1., min_area_ratio=1., max_area_ratio=1.,
                   aspect_range=(24 / 18, 24 / 18), mode='rand',
                   fill_color=(20, 100, 230), fill_std=fill_std)
    np.random.seed(0)
    right = np.concatenate([
        RandomErasing(**options)(dict(
            img=np.zeros((*SIZE, 3), np.uint8)))['img'].reshape(-1, 3)
        for _ in range(30)
    ])
    torch.manual_seed(0)
    for dtype in (torch.uint8, torch.float32):
        done = BatchAugments([dict(options, type='BatchErasing')])(
            torch.zeros(30, 3, *SIZE, dtype=dtype))
        pixels = done.images.permute(0, 2, 3, 1).reshape(-1, 3)
        assert not differ(pixels, right)
        corr = np.corrcoef(pixels.T.numpy()) - np.eye(3)
        assert np.abs(corr).max() < .05


def test_colour_and_rest():
    images = torch.randint(0, 250, (40, 3, *SIZE), dtype=torch.uint8)
    torch.manual_seed(0)
    done = BatchAugments([
        dict(type='BatchErasing', erase_prob=.7, fill_color=(251, 253., 254.9))
    ])(images)
    erased = (done.images != images).any(1, keepdim=True)
    assert 20 < erased.flatten(1).any(1).sum() < 36
    colour = torch.tensor([251, 253, 254], dtype=torch.uint8).view(1, 3, 1, 1)
    assert torch.equal(done.images, torch.where(erased, colour, images))


def test_a_colour_for_each_image_and_where():
    torch.manual_seed(0)
    augments = BatchAugments([
        dict(type='BatchErasing', erase_prob=.7, mode='plain')])
    done = augments(torch.full((400, 3, *SIZE), 7, dtype=torch.uint8))
    window = (done.records['erase_window'] * torch.tensor(
        [*SIZE, *SIZE])).round().long()
    colours = []
    for image, (top, left, bottom, right) in zip(done.images,
                                                 window.tolist()):
        inside = torch.zeros(SIZE, dtype=torch.bool)
        inside[top:bottom, left:right] = True
        assert (image[:, ~inside] == 7).all()
        if inside.any():
            colours.append(image[:, inside][:, 0])
            assert (image[:, inside] == colours[-1][:, None]).all()
    assert 240 < len(colours) < 320
    pixels = torch.stack(colours).float()
    assert not differ(pixels, 256 * np.random.default_rng(0).random((400, 3)))


def test_a_later_move_forgets_where():
    images = torch.zeros(2, 3, *SIZE, dtype=torch.uint8)
    kept = BatchAugments([dict(type='BatchFlip'), dict(type='BatchErasing')])
    assert kept(images).records['erase_window'].shape == (2, 4)
    moved = BatchAugments([dict(type='BatchErasing'), dict(type='BatchFlip')])
    assert 'erase_window' not in moved(images).records


@pytest.mark.parametrize('options', [
    dict(erase_prob=2), dict(erase_prob=None), dict(min_area_ratio=.5),
    dict(min_area_ratio=-.1), dict(max_area_ratio=1.1),
    dict(aspect_range=0), dict(aspect_range=(2., 1.)),
    dict(aspect_range=(1., 2., 3.)), dict(aspect_range='wide'),
    dict(mode='mean'), dict(fill_color=256), dict(fill_color=(1, 2)),
    dict(fill_color='red'), dict(fill_std=-1)
], ids=str)
def test_bad_argument(options):
    with pytest.raises(ValueError, match='got'):
        BatchErasing(**options)
