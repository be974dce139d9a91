# Copyright (c) mmfer contributors.
import math
from typing import Dict, Sequence, Tuple, Union

import torch
from torch import Tensor

from mmfer.datasets.transforms.geometric_transform import to_probability
from mmfer.registry import MODELS
from .base_augment import SIZE, BatchAugment, happens, uniform
from .pixels import LUMINANCE, mix_colours

RANGE = Union[float, Sequence[float]]


def _to_range(value: RANGE, name: str, centre: float, low: float,
              high: float) -> Tuple[float, float]:
    """``(low, high)`` from a half width around ``centre`` or from a pair."""
    pair = (tuple(value) if isinstance(value, (tuple, list)) else
            (max(centre - value, 0.) if centre else -value, centre + value))
    if len(pair) != 2 or not low <= pair[0] <= pair[1] <= high or (
            pair[1] == math.inf):
        raise ValueError(f'{name} must be a number >= 0 or (low, high) in '
                         f'[{low}, {high}], got {value!r}')
    return pair


@MODELS.register_module()
class BatchColorJitter(BatchAugment):
    """Change brightness, contrast, saturation and hue at random.

    Parameters and distribution as MMPretrain's ``ColorJitter``: the factors
    of each sample are applied in an order of its own, clipped to 0 to 255
    after each; without rounding in between. The results are float32. Hue is
    several times slower than the others together.

    Args:
        brightness (float or Sequence[float]): Range of the factor: ``0.4``
            means (0.6, 1.4), never below 0. Defaults to 0.
        contrast (float or Sequence[float]): Range of the factor of the
            distance to the mean luminance of the image. Defaults to 0.
        saturation (float or Sequence[float]): Range of the factor of the
            distance to the luminance of the pixel. Defaults to 0.
        hue (float or Sequence[float]): Range of the shift on the colour
            circle, in turns: ``0.1`` means (-0.1, 0.1). Defaults to 0.
        prob (float): The probability of changing an image at all. Defaults
            to 1.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 brightness: RANGE = 0.,
                 contrast: RANGE = 0.,
                 saturation: RANGE = 0.,
                 hue: RANGE = 0.,
                 prob: float = 1.) -> None:
        self.prob = to_probability(prob)
        ranges = dict(
            brightness=_to_range(brightness, 'brightness', 1., 0., math.inf),
            contrast=_to_range(contrast, 'contrast', 1., 0., math.inf),
            saturation=_to_range(saturation, 'saturation', 1., 0., math.inf),
            hue=_to_range(hue, 'hue', 0., -0.5, 0.5))
        # Those that change something, in this order.
        self.ranges: Dict[str, Tuple[float, float]] = {
            name: pair
            for name, pair in ranges.items()
            if set(pair) != {0. if name == 'hue' else 1.}
        }

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. For each step 13 columns: a colour
        matrix (9), the weights of the mean colours (3), the hue shift."""
        if not self.ranges:
            return torch.zeros(count, 0)
        names = list(self.ranges)
        factor = uniform(count, list(self.ranges.values()))
        order = uniform(count, [(0., 1.)] * len(names)).argsort(1)
        luminance = torch.tensor(LUMINANCE, dtype=torch.float64)
        eye = torch.eye(3, dtype=torch.float64)
        to_grey = luminance[:, None].expand(3, 3)
        columns = []
        for i, name in enumerate(names):
            share = factor[:, i, None, None]
            matrix, mean = share * eye, torch.zeros(count, 3)
            shift = torch.zeros(count, 1)
            if name == 'contrast':
                mean = (1 - share[:, 0]) * luminance
            elif name == 'saturation':
                matrix = matrix + (1 - share) * to_grey
            elif name == 'hue':
                matrix, shift = eye.expand(count, 3, 3), share[:, 0]
            columns.append(torch.cat([matrix.flatten(1), mean, shift], 1))
        columns = torch.stack(columns, 1)
        order = order[:, :, None].expand(columns.shape)
        columns = columns.gather(1, order)
        if self.prob < 1:
            still = torch.cat([eye.flatten(), torch.zeros(4)])
            columns = torch.where(
                happens(count, self.prob)[:, None, None], columns, still)
        return columns.flatten(1)

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`."""
        images = images.float()
        for step in params.split(13, 1) if self.ranges else ():
            matrix = step[:, :9].view(-1, 3, 3)
            changed = mix_colours(images, matrix)
            if 'contrast' in self.ranges:
                mean = images.mean((1, 2)) * step[:, 9:12]
                changed.flatten(1).add_(mean.sum(1, keepdim=True))
            if 'hue' in self.ranges:
                changed = self.shift_hue(changed, step[:, 12])
            images = changed.clamp_(0, 255)
        return images

    @staticmethod
    def shift_hue(images: Tensor, shift: Tensor) -> Tensor:
        """Turn the hue of HSV colours (Smith, *Color gamut transform pairs*,
        SIGGRAPH 1978).

        Args:
            images (Tensor): ``(N, H, W, 3)``, float32.
            shift (Tensor): In turns, ``(N,)``.
        """
        blue, green, red = images.unbind(3)
        value = images.amax(3)
        chroma = value - images.amin(3)
        unit = chroma.clamp(min=1e-6)
        hue = torch.where(
            value == red, (green - blue) / unit,
            torch.where(value == green, 2 + (blue - red) / unit,
                        4 + (red - green) / unit))
        hue = hue + 6 * shift[:, None, None]
        # One of the three colours rises and falls from each of 1, 3 and 5.
        place = [(hue + start).remainder(6) for start in (1, 3, 5)]
        return torch.stack([
            value - chroma * torch.minimum(k, 4 - k).clamp(0, 1)
            for k in place
        ], 3)

    def __repr__(self) -> str:
        ranges = ''.join(f'{k}={v}, ' for k, v in self.ranges.items())
        return f'{type(self).__name__}({ranges}prob={self.prob})'
