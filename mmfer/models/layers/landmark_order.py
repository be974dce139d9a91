# Copyright (c) mmfer contributors.
from typing import List, Tuple

import torch
from torch import nn

from mmfer.registry import MODELS
from mmfer.structures.spanning_tree import tree_edges


@MODELS.register_module()
class LandmarkOrder(nn.Module):
    """The order in which a network reads landmarks: that of their numbers.

    Each landmark but the first has the one before as its parent.

    Args:
        num_landmarks (int): Number of landmarks L, at least 2.

    Attributes:
        walk (Tensor): The landmark of each of T steps, int64 ``(T, )``.
        parents (Tensor): The parent of each landmark, int64 ``(L, )``; the
            first one is its own.

    Raises:
        ValueError: If there are less than two landmarks.
    """

    def __init__(self, num_landmarks: int) -> None:
        super().__init__()
        if num_landmarks < 2:
            raise ValueError('an order needs two landmarks or more, got '
                             f'{num_landmarks}')
        numbers = torch.arange(num_landmarks)
        self.register_buffer('walk', numbers)
        self.register_buffer('parents', (numbers - 1).clamp(min=0))

    def gates(self) -> torch.Tensor:
        """How much each landmark counts, ``(L, )``: all alike."""
        return torch.ones_like(self.parents, dtype=torch.float32)

    def forward(self, elements: torch.Tensor) -> torch.Tensor:
        """From landmarks ``(N, L, D)`` to a sequence ``(N, T, D)``."""
        gated = elements * self.gates()[:, None].to(elements.dtype)
        return gated.index_select(1, self.walk)

    # may wait: for the log and for drawing
    def edges(self) -> List[Tuple[int, int]]:
        """Pairs of landmark and parent, the lower first, sorted."""
        return tree_edges(self.parents.tolist())
