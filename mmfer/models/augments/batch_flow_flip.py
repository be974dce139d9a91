# Copyright (c) mmfer contributors.
from torch import Tensor

from mmfer.registry import MODELS
from .batch_flip import BatchFlip
from .fused_moves import FusedMoves
from .moving import choose


@MODELS.register_module()
class BatchFlowFlip(FusedMoves):
    """Mirror pictures of optical flow; what went right goes left.

    As :class:`~mmfer.datasets.transforms.FaceFlip` does it with a flow, for
    pictures that hold one already, such as those of
    :class:`~mmfer.datasets.MEGC2019`: the picture is mirrored, the motion to
    the right changes its sign, other channels (motion down, strain) keep
    their values. Landmarks, masks and records are as of
    :class:`BatchFlip`. Exact; bytes stay bytes if ``level`` is 127.5, else
    they become float32.

    Args:
        prob (float): The probability of mirroring. Defaults to 0.5.
        channel (int): Which of the three channels, as they come in, holds the
            motion to the right. Defaults to 2, the first of a picture file,
            which loaders turn to blue, green, red; 0 after
            :class:`~mmfer.datasets.transforms.FlowStrain`.
        level (float): The value ``z`` of no motion: ``u`` becomes ``2 z - u``.
            Defaults to 127.5, for a channel that is stretched to 0 to 255
            (``255 - u``); 0 for a flow of positive and negative numbers.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self, prob: float = 0.5, channel: int = 2,
                 level: float = 127.5) -> None:
        if channel not in range(3):
            raise ValueError(f'channel must be 0, 1 or 2, got {channel!r}')
        super().__init__([BatchFlip(prob)])
        self.channel, self.level = channel, float(level)

    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """See :meth:`BatchAugment.change_images`."""
        if self.level != 127.5:  # opposites of bytes are no bytes
            images = images.float()
        mirrored = images.flip(2)
        opposite = 2 * self.level - mirrored[..., self.channel].float()
        mirrored[..., self.channel] = opposite.to(images.dtype)
        return choose(self.mirrors(params), images, mirrored)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(prob={self.augments[0].prob}, '
                f'channel={self.channel}, level={self.level})')
