# Copyright (c) mmfer contributors.
from typing import Optional, Tuple

import torch
from torch.nn.functional import normalize

from mmfer.registry import MODELS
from .base_ramped_loss import BaseRampedLoss

_NORMALIZATIONS = (None, 'l2', 'softmax')
_STOPS = (None, 'first', 'second', 'in_turn')


@MODELS.register_module()
class AttentionConsistencyLoss(BaseRampedLoss):
    """Two views of a sample are attended to at the same places.

    From `Learn From All <https://arxiv.org/abs/2207.10299>`_: the mean
    squared difference of the attention maps of an image and of its mirror,
    the second mirrored back. Where the maps come from two networks, one of
    them may be the teacher of the other.

    Args:
        mirrored (bool): Whether the second view is mirrored. Defaults to
            True.
        loss_weight (float): Defaults to 5.0, the released code's.
        normalization (str, optional): What is done to each map before:
            ``'l2'``, divided by its norm, or ``'softmax'`` over its
            positions; then the squares are added up over positions. Defaults
            to None, nothing, and the mean over positions.
        stop_gradient (str, optional): Which view gets no gradient:
            ``'first'``, ``'second'`` or ``'in_turn'``, the second in the
            first step, the first in the next, and so on. Defaults to None,
            both learn.

    Raises:
        ValueError: If a choice is unknown.
    """

    def __init__(self,
                 mirrored: bool = True,
                 loss_weight: float = 5.0,
                 normalization: Optional[str] = None,
                 stop_gradient: Optional[str] = None) -> None:
        super().__init__(loss_weight)
        if normalization not in _NORMALIZATIONS:
            raise ValueError(f'normalization must be one of {_NORMALIZATIONS},'
                             f' got {normalization!r}')
        if stop_gradient not in _STOPS:
            raise ValueError(f'stop_gradient must be one of {_STOPS}, got '
                             f'{stop_gradient!r}')
        self.mirrored = mirrored
        self.normalization = normalization
        self.stop_gradient = stop_gradient
        if stop_gradient == 'in_turn':
            # 1: the first view learns, 0: the second.
            self.register_buffer('turn', torch.ones(()))

    def forward(self, first: torch.Tensor,
                second: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            first (Tensor): Maps of the first view, ``(N, C, H, W)``.
            second (Tensor): Maps of the second view, the same shape.

        Returns:
            Tensor: A scalar.

        Raises:
            ValueError: If the shapes differ.
        """
        if first.shape != second.shape:
            raise ValueError(f'the maps of two views must be of one shape, '
                             f'got {tuple(first.shape)} and '
                             f'{tuple(second.shape)}')
        first, second = self._stop(first.float(), second.float())
        if self.mirrored:
            second = second.flip(-1)
        difference = self._normalize(first) - self._normalize(second)
        squares = difference.square()
        if self.normalization is not None:
            squares = squares.sum(2)
        return self.loss_weight * self.ramp * squares.mean()

    def _normalize(self, maps: torch.Tensor) -> torch.Tensor:
        """The maps, with one dimension of positions, ``(N, C, H * W)``."""
        maps = maps.flatten(2)
        if self.normalization == 'l2':
            return normalize(maps, dim=2, eps=1e-6)
        return maps.softmax(2) if self.normalization else maps

    def _stop(self, first: torch.Tensor, second: torch.Tensor
              ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Keep the gradient from one of both."""
        if self.stop_gradient == 'first':
            return first.detach(), second
        if self.stop_gradient == 'second':
            return first, second.detach()
        if self.stop_gradient == 'in_turn':
            turn = self.turn.clone()
            if self.training:
                self.turn.copy_(1 - turn)
            return (torch.lerp(first.detach(), first, turn),
                    torch.lerp(second, second.detach(), turn))
        return first, second
