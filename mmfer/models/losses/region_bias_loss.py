# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class RegionBiasLoss(nn.Module):
    r"""One patch of each face is to tell more than the whole face.

    From `Region Attention Networks <https://arxiv.org/abs/1905.04075>`_: with
    gates :math:`\mu_1 .. \mu_P` of the patches and :math:`\mu_0` of the whole

    .. math::
        L = \frac{1}{N} \sum_i \max(0, \alpha - (\max_p \mu_{ip} - \mu_{i0}))

    Args:
        margin (float): :math:`\alpha`. Defaults to 0.1.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If the margin is negative.
    """

    def __init__(self, margin: float = 0.1, loss_weight: float = 1.0) -> None:
        super().__init__()
        if margin < 0:
            raise ValueError(f'margin must not be negative, got {margin}')
        self.margin, self.loss_weight = margin, loss_weight

    def forward(self, gates: torch.Tensor,
                whole_gate: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            gates (Tensor): Of the patches, ``(N, P)``.
            whole_gate (Tensor): Of the whole face, ``(N, )``.

        Returns:
            Tensor: A scalar.
        """
        gap = gates.float().amax(1) - whole_gate.float()
        return self.loss_weight * (self.margin - gap).clamp(min=0).mean()
