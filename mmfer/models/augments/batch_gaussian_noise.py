# Copyright (c) mmfer contributors.
import math

import torch
from torch import Tensor

from mmfer.datasets.transforms.face_gaussian_noise import FaceGaussianNoise
from mmfer.registry import MODELS
from .base_augment import SIZE, BatchAugment, happens


@MODELS.register_module()
class BatchGaussianNoise(BatchAugment):
    """Add Gaussian noise to the raw pixels.

    As :class:`~mmfer.datasets.transforms.FaceGaussianNoise`, with the same
    parameters: independent for every pixel and channel, clipped to 0 to 255.
    Keeps the dtype; uint8 is truncated, which darkens by half a grey level on
    average, float32 is not. The noise itself is drawn on the device.

    Args:
        variance (float): The variance of the noise. Defaults to 30, a
            standard deviation of 5.48 grey levels.
        prob (float): The probability of adding noise. Defaults to 0.5.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, variance: float = 30., prob: float = 0.5) -> None:
        read = FaceGaussianNoise(variance, prob)
        self.variance, self.prob = read.variance, read.prob

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. The column: the standard
        deviation, 0 without noise."""
        noisy = happens(count, self.prob)[:, None]
        return noisy * math.sqrt(self.variance)

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`."""
        noise = torch.randn(images.shape, device=images.device)
        noise.flatten(1).mul_(params)
        return noise.add_(images).clamp_(0, 255).to(images.dtype)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(variance={self.variance}, '
                f'prob={self.prob})')
