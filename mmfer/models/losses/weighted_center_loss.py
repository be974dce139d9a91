# Copyright (c) mmfer contributors.
from typing import Optional

import torch
from torch import nn

from mmfer.registry import MODELS
from .target_check import check_rows


@MODELS.register_module()
class WeightedCenterLoss(nn.Module):
    r"""Features near the centre of their class, as far as it is trusted.

    After `LDLVA <https://arxiv.org/abs/2209.10448>`_: with features
    :math:`z` of length D, labels :math:`y`, trust :math:`\lambda` and learnt
    centres :math:`c`

    .. math::
        L = \frac{1}{N} \sum_i \frac{\lambda_i}{2} \|z_i - c_{y_i}\|^2 +
            \beta \sum_{a < b} e^{-\|c_a - c_b\|^2 / D}

    The released code moves the centres by two gradient steps of their own;
    here they are learnt and saved with the model (our choice).

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of a feature.
        repulsion (float): :math:`\beta`. Defaults to 0.1.
        loss_weight (float): Defaults to 0.01.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 repulsion: float = 0.1,
                 loss_weight: float = 0.01) -> None:
        super().__init__()
        self.centers = nn.Parameter(torch.randn(num_classes, in_channels))
        self.repulsion, self.loss_weight = repulsion, loss_weight

    def forward(self,
                features: torch.Tensor,
                labels: torch.Tensor,
                trust: Optional[torch.Tensor] = None) -> torch.Tensor:
        """The loss, in float32.

        Args:
            features (Tensor): ``(N, D)``.
            labels (Tensor): int64 ``(N, )``.
            trust (Tensor, optional): ``(N, )`` in [0, 1]; no gradient goes
                there. Defaults to None, all 1.

        Returns:
            Tensor: A scalar.
        """
        check_rows(self, len(features), labels=labels, trust=trust)
        centers = self.centers.float()
        pull = (features.float() - centers[labels]).square().sum(1) / 2
        if trust is not None:
            pull = pull * trust.detach()
        apart = (centers[:, None] - centers[None]).square().mean(2)
        # Each pair stands there twice, each centre with itself once.
        push = ((-apart).exp().sum() - len(centers)) / 2
        return self.loss_weight * (pull.mean() + self.repulsion * push)
