# Copyright (c) mmfer contributors.
from torch import Tensor

from mmfer.datasets.transforms.geometric_transform import to_probability
from mmfer.registry import MODELS
from .base_augment import SIZE, BatchAugment, happens
from .moving import choose


@MODELS.register_module()
class BatchFlowFlip(BatchAugment):
    """Mirror pictures of optical flow; what went right goes left.

    For pictures that hold a flow already, such as those of
    :class:`~mmfer.datasets.MEGC2019`. Exact; keeps the dtype.

    Args:
        prob (float): The probability of mirroring. Defaults to 0.5.
        channel (int): Which of the three channels, as they come in, holds the
            motion to the right. Defaults to 2, the first of a picture file,
            which loaders turn to blue, green, red.
        level (float): What a motion and its opposite add up to. Defaults to
            255, for a channel that is stretched to 0 to 255; 0 for pixels.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, prob: float = 0.5, channel: int = 2,
                 level: float = 255.) -> None:
        if channel not in range(3):
            raise ValueError(f'channel must be 0, 1 or 2, got {channel!r}')
        self.prob = to_probability(prob)
        self.channel, self.level = channel, level

    def draw(self, count: int, size: SIZE) -> Tensor:
        """See :meth:`BatchAugment.draw`. The column: 1 to mirror, else 0."""
        return happens(count, self.prob)[:, None].double()

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`."""
        mirrored = images.flip(2)
        opposite = self.level - mirrored[..., self.channel].float()
        mirrored[..., self.channel] = opposite.to(images.dtype)
        return choose(params[:, 0] > .5, images, mirrored)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(prob={self.prob}, '
                f'channel={self.channel}, level={self.level})')
