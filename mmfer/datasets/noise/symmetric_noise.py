# Copyright (c) mmfer contributors.
from typing import Any, Dict

import numpy as np

from mmfer.errors import ConfigError
from mmfer.registry import TASK_UTILS
from mmfer.structures import LabelSpace
from .label_noise import checked_ratio
from .matrix_noise import MatrixNoise


@TASK_UTILS.register_module()
class SymmetricNoise(MatrixNoise):
    """Labels replaced by others, all equally likely.

    Args:
        ratio (float): The share of samples whose label is drawn anew, in
            [0, 1].
        among (str): What the new label is drawn from: the ``'others'``, so
            that ``ratio`` of the labels become wrong, the convention of SCN
            and EAC; or ``'all'`` classes, the old one too, so that
            ``ratio * (C - 1) / C`` become wrong. Defaults to ``'others'``.
        seed (int): The seed. Defaults to 0.
        exact (bool): See :class:`MatrixNoise`. Defaults to False.

    Raises:
        ValueError: If ``ratio`` or ``among`` is unusable, or there is only
            one class.
    """

    def __init__(self,
                 ratio: float,
                 among: str = 'others',
                 seed: int = 0,
                 exact: bool = False) -> None:
        if among not in ('others', 'all'):
            raise ConfigError("among must be 'others' or 'all', got "
                             f'{among!r}')
        super().__init__(seed, exact)
        self.ratio, self.among = checked_ratio(ratio), among

    def matrix(self, space: LabelSpace) -> np.ndarray:
        """Equal probabilities off the diagonal."""
        number = len(space)
        if number < 2:
            raise ConfigError(f'{space!r} has no other class to flip to')
        wrong = self.ratio
        if self.among == 'all':
            wrong *= (number - 1) / number
        matrix = np.full((number, number), wrong / (number - 1))
        np.fill_diagonal(matrix, 1 - wrong)
        return matrix

    def settings(self) -> Dict[str, Any]:
        """Ratio, convention, seed and way of drawing."""
        return dict(ratio=self.ratio, among=self.among, **super().settings())
