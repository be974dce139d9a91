# Copyright (c) mmfer contributors.
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class GaussianRamp:
    r""":math:`\exp(-5 (1 - \min(e, a) / a)^2)`, from 0.0067 up to 1.

    The ramp of `Dive into Ambiguity <https://arxiv.org/abs/2104.00232>`_.

    Args:
        length (int): The epochs a that the ramp takes, above 0.

    Raises:
        ValueError: If the length is not positive.

    Examples:
        >>> [round(GaussianRamp(2)(epoch), 4) for epoch in range(4)]
        [0.0067, 0.2865, 1.0, 1.0]
    """

    length: int

    def __post_init__(self) -> None:
        if self.length <= 0:
            raise ValueError(
                f'a ramp must take at least one epoch, got {self.length}')

    def __call__(self, epoch: int) -> float:
        """The value in an epoch.

        Args:
            epoch (int): Epochs e that are over.
        """
        way = min(epoch, self.length) / self.length
        return math.exp(-5 * (1 - way)**2)
