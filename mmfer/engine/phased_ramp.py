# Copyright (c) mmfer contributors.
from dataclasses import dataclass


@dataclass(frozen=True)
class PhasedRamp:
    r"""A value that turns from 0 to 1 in the course of training.

    0 up to the part ``begin`` of all epochs, 1 from ``end`` on; between them
    the part of the way to the power of ``power``. Where both are equal it is
    a step. The defaults are those of the class weights in `Phased Progressive
    Learning <https://arxiv.org/abs/2205.12117>`_.

    Args:
        begin (float): In [0, 1]. Defaults to 0.5.
        end (float): In [begin, 1]. Defaults to 0.8.
        power (float): Above 0. Defaults to 5.

    Raises:
        ValueError: If a number is out of range.

    Examples:
        >>> [PhasedRamp(begin=.4, power=2.)(epoch, 10) for epoch in range(10)]
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0625, 0.25, 0.5625, 1.0, 1.0]
    """

    begin: float = 0.5
    end: float = 0.8
    power: float = 5.

    def __post_init__(self) -> None:
        if not 0 <= self.begin <= self.end <= 1:
            raise ValueError('0 <= begin <= end <= 1 must hold, got '
                             f'{self.begin} and {self.end}')
        if self.power <= 0:
            raise ValueError(f'power must be positive, got {self.power}')

    def __call__(self, epoch: int, max_epochs: int) -> float:
        """The value in an epoch.

        Args:
            epoch (int): Epochs that are over.
            max_epochs (int): All epochs.
        """
        first, last = self.begin * max_epochs, self.end * max_epochs
        if epoch >= last:
            return 1.
        if epoch <= first:
            return 0.
        return ((epoch - first) / (last - first))**self.power
