# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch

from mmfer.datasets.transforms import FaceGaussianNoise


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def noisy(value, **kwargs):
    img = np.full((120, 120, 3), value, np.uint8)
    return FaceGaussianNoise(prob=1., **kwargs)(dict(img=img))['img']


@pytest.mark.parametrize('variance', [30, 100])
def test_mean_variance_and_truncation(variance):
    out = noisy(128, variance=variance)
    assert out.dtype == np.uint8
    difference = out.astype(float) - 128
    # Truncation takes half a level away on average, rounding would not.
    assert abs(difference.mean() + 0.5) < 4 * np.sqrt(variance / out.size)
    assert abs(difference.var() - variance - 1 / 12) < 0.05 * variance
    kurtosis = (difference**4).mean() / difference.var()**2
    assert abs(kurtosis - 3) < 0.2


def test_channels_and_neighbours_are_independent():
    out = noisy(128).astype(float)
    flat = out.reshape(-1, 3)
    assert np.abs(np.corrcoef(flat.T) - np.eye(3)).max() < 0.04
    shifted = np.corrcoef(out[:, 1:].ravel(), out[:, :-1].ravel())[0, 1]
    assert abs(shifted) < 0.04


def test_ends_are_clipped_not_wrapped():
    assert noisy(0).max() < 40
    white = noisy(255)
    assert white.min() > 215 and (white == 255).mean() > 0.4


def test_probability_and_input_is_not_changed():
    img = np.full((8, 8, 3), 100, np.uint8)
    transform = FaceGaussianNoise(prob=0.3)
    changed = sum((transform(dict(img=img))['img'] != 100).any()
                  for _ in range(1000))
    assert 250 < changed < 350
    assert (img == 100).all()


def test_seed_of_torch_decides():
    first = noisy(128)
    assert (noisy(128) != first).any()
    torch.manual_seed(0)
    np.testing.assert_array_equal(noisy(128), first)
