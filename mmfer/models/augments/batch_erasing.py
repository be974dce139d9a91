# Copyright (c) mmfer contributors.
import math
from typing import Dict, Optional, Sequence, Tuple, Union

import torch
from torch import Tensor

from mmfer.datasets.transforms.geometric_transform import to_probability
from mmfer.registry import MODELS
from .base_augment import SIZE, BatchAugment, uniform
from .pixels import paste, random_bytes

COLOUR = Union[float, Sequence[float]]


def _to_triple(value: COLOUR, name: str) -> Tuple[float, float, float]:
    triple = (tuple(value) if isinstance(value, (tuple, list)) else
              (value, ) * 3)
    if len(triple) != 3 or not all(
            isinstance(n, (int, float)) and 0 <= n <= 255 for n in triple):
        raise ValueError(f'{name} must be one or three numbers from 0 to 255,'
                         f' got {value!r}')
    return triple


@MODELS.register_module()
class BatchErasing(BatchAugment):
    """Erase a rectangle of each image at random.

    Parameters and distribution as MMPretrain's ``RandomErasing`` (Zhong et
    al., *Random Erasing Data Augmentation*, AAAI 2020). Keeps the dtype.

    The records tell ``erase_window``: top, left, bottom and right as parts of
    the image, float32 ``(N, 4)``, without area where nothing was erased;
    until a later augment moves the pixels.

    Args:
        erase_prob (float): The probability of erasing. Defaults to 0.5.
        min_area_ratio (float): Least erased part of the image. Defaults to
            0.02.
        max_area_ratio (float): Largest erased part of the image. Defaults to
            0.4.
        aspect_range (float or Sequence[float]): Range of height / width,
            drawn uniformly on a logarithmic scale; one number ``a`` means
            from ``a`` to ``1 / a``. Defaults to (3/10, 10/3).
        mode (str): ``'const'``: one colour, ``'rand'``: noise, ``'plain'``:
            a colour of its own for each image, drawn uniformly (our choice).
            Defaults to ``'const'``.
        fill_color (float or Sequence[float]): Grey value or blue, green and
            red, 0 to 255; with ``'rand'``, the mean of the noise if
            ``fill_std`` is given. Defaults to (128, 128, 128).
        fill_std (float or Sequence[float], optional): Standard deviation of
            Gaussian noise. Defaults to None, uniform noise.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 erase_prob: float = 0.5,
                 min_area_ratio: float = 0.02,
                 max_area_ratio: float = 0.4,
                 aspect_range: Union[float, Sequence[float]] = (3 / 10,
                                                                10 / 3),
                 mode: str = 'const',
                 fill_color: COLOUR = (128, 128, 128),
                 fill_std: Optional[COLOUR] = None) -> None:
        self.erase_prob = to_probability(erase_prob)
        if not 0 <= min_area_ratio <= max_area_ratio <= 1:
            raise ValueError('0 <= min_area_ratio <= max_area_ratio <= 1 must '
                             f'hold, got {min_area_ratio!r} and '
                             f'{max_area_ratio!r}')
        self.area_range = (min_area_ratio, max_area_ratio)
        if isinstance(aspect_range, (int, float)) and aspect_range > 0:
            aspect_range = sorted((aspect_range, 1 / aspect_range))
        if not isinstance(aspect_range, (tuple, list)) or len(
                aspect_range) != 2 or not 0 < aspect_range[0] <= aspect_range[
                    1] < math.inf:
            raise ValueError('aspect_range must be a number > 0 or (low, high)'
                             f', got {aspect_range!r}')
        self.aspect_range = tuple(aspect_range)
        if mode not in ('const', 'rand', 'plain'):
            raise ValueError("mode must be 'const', 'rand' or 'plain', got "
                             f'{mode!r}')
        self.mode = mode
        self.fill_color = _to_triple(fill_color, 'fill_color')
        self.fill_std = (None if fill_std is None else
                         _to_triple(fill_std, 'fill_std'))

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. The columns: top, left, bottom,
        right, height and width of the image, colour (3), standard deviation
        (3); an empty window where nothing is erased."""
        low, high = map(math.log, self.aspect_range)
        chance, aspect, area, *corner = uniform(
            count, [(0., 1.), (low, high), self.area_range, (0., 1.),
                    (0., 1.)]).unbind(1)
        area = area * (size[0] * size[1])
        aspect = aspect.exp()
        window = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()],
                             1).round()
        size = torch.tensor([size], dtype=torch.float64)
        window = window.minimum(size)
        # The last possible place is left out, as in MMPretrain.
        corner = (torch.stack(corner, 1) * (size - window)).floor()
        end = corner + window * (chance < self.erase_prob)[:, None]
        fill = torch.tensor([self.fill_color + (self.fill_std or (0, 0, 0))],
                            dtype=torch.float64).repeat(count, 1)
        if self.mode == 'plain':
            fill[:, :3] = uniform(count, [(0., 256.)] * 3)
        return torch.cat([corner, end, size.expand(count, 2), fill], 1)

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`."""
        if self.mode != 'rand':
            other = params[:, 6:9].trunc()
        elif self.fill_std is None:
            other = random_bytes(images)
        else:
            other = torch.randn(images.shape, device=images.device)
            other = other * params[:, None, None, 9:12]
            other += params[:, None, None, 6:9]
            other = other.trunc_().clamp_(0, 255)
        return paste(images, params[:, :4], other.to(images.dtype))

    def change_targets(self, targets: Dict[str, Tensor],
                       records: Dict[str, Tensor], params: Tensor) -> None:
        """See :meth:`BatchAugment.change_targets`."""
        records['erase_window'] = params[:, :4] / params[:, 4:6].repeat(1, 2)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(erase_prob={self.erase_prob}, '
                f'min_area_ratio={self.area_range[0]}, '
                f'max_area_ratio={self.area_range[1]}, '
                f'aspect_range={self.aspect_range}, mode={self.mode!r}, '
                f'fill_color={self.fill_color}, fill_std={self.fill_std})')
