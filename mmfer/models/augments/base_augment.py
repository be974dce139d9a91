# Copyright (c) mmfer contributors.
from abc import ABC, abstractmethod
from typing import Dict, Sequence, Tuple

import torch
from torch import Tensor

# Height and width in pixels.
SIZE = Tuple[int, int]


def uniform(count: int, ranges: Sequence[Tuple[float, float]]) -> Tensor:
    """Independent uniform numbers from torch's global generator of the CPU.

    Args:
        count (int): The number of samples N.
        ranges (Sequence[Tuple[float, float]]): K ranges ``(low, high)``.

    Returns:
        Tensor: Float64 ``(N, K)`` on the CPU, in ``[low, high)``.
    """
    low, high = torch.tensor(ranges, dtype=torch.float64).unbind(1)
    dice = torch.rand(
        count, len(ranges), dtype=torch.float64, device='cpu')
    return low + (high - low) * dice


def happens(count: int, prob: float) -> Tensor:
    """For each of ``count`` samples whether something of probability
    ``prob`` happens: bool ``(N,)`` on the CPU."""
    return uniform(count, [(0., 1.)])[:, 0] < prob


class BatchAugment(ABC):
    """An augmentation of a batch with parameters of its own for each sample.

    The work is in three parts, so that nothing ever waits for the device: the
    parameters are drawn on the CPU; :class:`BatchAugments` copies those of
    all augments to the device at once; images and targets are changed there.
    """

    def output_size(self, size: SIZE) -> SIZE:
        """Height and width of the results, given those that come in."""
        return size

    @abstractmethod
    def draw(self, count: int, size: SIZE) -> Tensor:
        """Draw the parameters.

        Args:
            count (int): The number of samples N.
            size (Tuple[int, int]): Height and width that come in.

        Returns:
            Tensor: ``(N, K)`` on the CPU. They arrive on the device as
            float32, so integers stay exact up to 2 ** 24.
        """

    @abstractmethod
    def change_images(self, images: Tensor, params: Tensor) -> Tensor:
        """Change images, sample by sample independent of the batch.

        Args:
            images (Tensor): ``(N, H, W, 3)``, contiguous, blue, green, red, 0
                to 255, uint8 or float32. It is not written to.
            params (Tensor): Float32 ``(N, K)`` on the same device.

        Returns:
            Tensor: ``(N, new H, new W, 3)``, uint8 or float32.
        """

    def change_targets(self, targets: Dict[str, Tensor],
                       records: Dict[str, Tensor], params: Tensor) -> None:
        """Put changed targets into ``targets`` and what was done into
        ``records``. The tensors themselves are not written to."""
