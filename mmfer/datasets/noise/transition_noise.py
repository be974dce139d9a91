# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional, Sequence

import numpy as np

from mmfer.errors import ConfigError
from mmfer.registry import TASK_UTILS
from mmfer.structures import LabelSpace
from .matrix_noise import MatrixNoise


@TASK_UTILS.register_module()
class TransitionNoise(MatrixNoise):
    """Label noise by a given transition matrix.

    Args:
        matrix (Sequence[Sequence[float]]): The probability that a class (row)
            is given as another (column), ``(C, C)``; every row sums to 1
            within 1e-4.
        classes (Sequence[str], optional): The classes in the order of rows
            and columns. Defaults to None, the order of the dataset's label
            space.
        seed (int): The seed. Defaults to 0.
        exact (bool): See :class:`MatrixNoise`. Defaults to False.

    Raises:
        ValueError: If the matrix is no transition matrix, or does not have
            the classes of the dataset.
    """

    def __init__(self,
                 matrix: Sequence[Sequence[float]],
                 classes: Optional[Sequence[str]] = None,
                 seed: int = 0,
                 exact: bool = False) -> None:
        super().__init__(seed, exact)
        try:
            given = np.array(matrix, dtype=np.float64)
        except (TypeError, ValueError):
            raise ConfigError('matrix must be a square table of numbers, got '
                             f'{matrix!r}') from None
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            raise ConfigError('matrix must be square, got the shape '
                             f'{given.shape}')
        bad = np.flatnonzero(~(np.isfinite(given).all(1) &
                               (given >= 0).all(1) &
                               (abs(given.sum(1) - 1) <= 1e-4)))
        if bad.size:
            raise ConfigError(
                f'row {bad[0]} of matrix must hold probabilities that sum to '
                f'1, got {given[bad[0]].tolist()}')
        self.given = given / given.sum(1, keepdims=True)
        self.classes = None if classes is None else LabelSpace(
            'matrix', classes)
        if self.classes is not None and len(self.classes) != len(given):
            raise ConfigError(f'{len(self.classes)} classes for a matrix of '
                             f'{len(given)} rows')

    def matrix(self, space: LabelSpace) -> np.ndarray:
        """The given matrix in the order of the label space."""
        order = self.classes or space
        if len(self.given) != len(space) or set(order.classes) != set(
                space.classes):
            raise ConfigError(
                f'a matrix for {len(self.given)} classes '
                f'{list(order.classes) if self.classes else ""} does not fit '
                f'the label space {list(space.classes)}')
        index = [order.classes.index(name) for name in space.classes]
        return self.given[np.ix_(index, index)]

    def settings(self) -> Dict[str, Any]:
        """The given matrix, its order, seed and way of drawing."""
        return dict(
            matrix=self.given.tolist(),
            matrix_classes=list(self.classes.classes)
            if self.classes else None,
            **super().settings())
