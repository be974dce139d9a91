# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional

import numpy as np

from mmfer.errors import ConfigError
from mmfer.registry import TASK_UTILS
from mmfer.structures import LabelSpace
from .label_noise import checked_ratio
from .matrix_noise import MatrixNoise


@TASK_UTILS.register_module()
class PairNoise(MatrixNoise):
    """Labels replaced by that of one other class, their partner.

    Args:
        ratio (float): The share of samples of a class with a partner that is
            flipped, in [0, 1].
        pairs (Dict[str, str], optional): Class -> partner, for example
            ``dict(fear='surprise', surprise='fear')``; classes that are not
            named keep their labels. Defaults to None: the next class in the
            order of the label space, the first after the last.
        seed (int): The seed. Defaults to 0.
        exact (bool): See :class:`MatrixNoise`. Defaults to False.

    Raises:
        ValueError: If ``ratio`` is unusable, there is no pair, or a class is
            its own partner.
        KeyError: If a class is not in the label space.
    """

    def __init__(self,
                 ratio: float,
                 pairs: Optional[Dict[str, str]] = None,
                 seed: int = 0,
                 exact: bool = False) -> None:
        super().__init__(seed, exact)
        self.ratio = checked_ratio(ratio)
        if pairs is not None and not (isinstance(pairs, dict) and pairs):
            raise ConfigError('pairs must be a dict from class to class, got '
                             f'{pairs!r}')
        self.pairs = pairs

    def matrix(self, space: LabelSpace) -> np.ndarray:
        """``ratio`` at the partner of each class."""
        pairs = self.pairs
        if pairs is None:
            pairs = dict(zip(space.classes, np.roll(space.classes, -1)))
        matrix = np.eye(len(space))
        for name, partner in pairs.items():
            row, column = space.index(name), space.index(partner)
            if row == column:
                raise ConfigError(f'pairs: {name!r} is its own partner')
            matrix[row, row], matrix[row, column] = 1 - self.ratio, self.ratio
        return matrix

    def settings(self) -> Dict[str, Any]:
        """Ratio, pairs, seed and way of drawing."""
        return dict(ratio=self.ratio, pairs=self.pairs or 'next class',
                    **super().settings())
