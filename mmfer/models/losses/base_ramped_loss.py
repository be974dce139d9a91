# Copyright (c) mmfer contributors.
import torch
from torch import nn


class BaseRampedLoss(nn.Module):
    """A loss that may gain its weight slowly.

    A child multiplies with ``loss_weight`` and ``ramp``, which is 1 unless
    :class:`~mmfer.engine.hooks.LossRampHook` sets it.

    Args:
        loss_weight (float): The full weight. Defaults to 1.0.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        # It follows from the epoch.
        self.register_buffer('ramp', torch.ones(()), persistent=False)

    def set_ramp(self, value: float) -> None:
        """Set the ramp, in [0, 1]."""
        self.ramp.fill_(value)
