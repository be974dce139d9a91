# Copyright (c) mmfer contributors.
import torch
from torch import nn


class AttentionPooling(nn.Module):
    r"""From a sequence to the mean of its elements, weighted by attention.

    .. math::
        a_t = \mathrm{softmax}_t(v^T \tanh(W h_t)), \quad
        s = \sum_t a_t h_t

    Args:
        in_channels (int): Length D of an element.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_channels, in_channels, bias=False)
        self.score = nn.Linear(in_channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From ``(N, T, D)`` to ``(N, D)``."""
        weights = self.score(self.hidden(x).tanh()).softmax(1)
        return (weights * x).sum(1)
