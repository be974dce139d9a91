# Copyright (c) mmfer contributors.
import math

import torch
from mmcv.transforms import BaseTransform

from mmfer.registry import TRANSFORMS
from .geometric_transform import to_probability


@TRANSFORMS.register_module()
class FaceGaussianNoise(BaseTransform):
    """Add Gaussian noise to the raw pixels.

    As in the code of SCN, RUL, DMUE and EAC: independent noise for every
    pixel and channel on the 0 to 255 scale, clipped and then truncated, which
    darkens the image by half a grey level on average. Those papers apply it
    before resizing.

    **Modified Keys:** ``img``

    Args:
        variance (float): The variance of the noise. Defaults to 30, a
            standard deviation of 5.48 grey levels.
        prob (float): The probability of adding noise. Defaults to 0.5.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, variance: float = 30., prob: float = 0.5) -> None:
        if not 0 < variance < math.inf:
            raise ValueError(f'variance must be > 0, got {variance!r}')
        self.variance = variance
        self.prob = to_probability(prob)

    def transform(self, results: dict) -> dict:
        """Add noise to one image."""
        if torch.rand(()).item() >= self.prob:
            return results
        img = torch.from_numpy(results['img'])
        noise = torch.empty(img.shape).normal_(std=math.sqrt(self.variance))
        noise += img
        results['img'] = noise.clamp_(0, 255).to(torch.uint8).numpy()
        return results

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(variance={self.variance}, '
                f'prob={self.prob})')
