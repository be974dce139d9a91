# Copyright (c) mmfer contributors.
import torch
from torch import Tensor

from mmfer.datasets.transforms.geometric_transform import to_probability
from mmfer.registry import MODELS
from .base_augment import SIZE, BatchAugment, happens
from .pixels import LUMINANCE, mix_colours


@MODELS.register_module()
class BatchGray(BatchAugment):
    """Take the colours away at random.

    As torchvision's ``RandomGrayscale`` and MMCV's with
    ``keep_channels=True`` and the luminance as weights. The results are
    float32.

    Args:
        prob (float): The probability of becoming grey. Defaults to 0.1.

    Raises:
        ValueError: If ``prob`` is no probability.
    """

    def __init__(self, prob: float = 0.1) -> None:
        self.prob = to_probability(prob)

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. The columns: a colour matrix."""
        grey = happens(count, self.prob)[:, None, None]
        to_grey = torch.tensor(LUMINANCE)[:, None].expand(3, 3)
        return torch.where(grey, to_grey, torch.eye(3)).flatten(1)

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`."""
        return mix_colours(images.float(), params.view(-1, 3, 3))

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob})'
