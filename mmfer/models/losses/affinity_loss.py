# Copyright (c) mmfer contributors.
from typing import Any, Optional

import torch
from mmengine.logging import MMLogger
from torch import nn

from mmfer.registry import MODELS
from .target_check import check_rows


@MODELS.register_module()
class AffinityLoss(nn.Module):
    r"""Features near the centre of their class, centres apart.

    From `Distract Your Attention <https://arxiv.org/abs/2109.07270>`_. With
    features :math:`z`, labels :math:`y` and learnt centres :math:`c`

    .. math::
        L = \frac{1}{N} \sum_i \frac{\|z_i - c_{y_i}\|^2}
            {\sum_d \mathrm{Var}_k(c_{k,d})}

    with the unbiased variance over the centres, which spreads them. The
    centres are drawn from N(0, 1) and are optimised and saved with the
    model. Files of other projects hold none: weights without them leave the
    centres as they are, with a warning.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of a feature.
        num_centers (int, optional): Number of centres K, at least C and 2.
            The released code takes 8 for the 7 classes of RAF-DB. Defaults
            to None, one for each class.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If there are too few centres.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 num_centers: Optional[int] = None,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        num_centers = num_classes if num_centers is None else num_centers
        if num_centers < max(num_classes, 2):
            raise ValueError(f'{num_classes} classes need at least '
                             f'{max(num_classes, 2)} centres, got '
                             f'{num_centers}')
        self.centers = nn.Parameter(torch.randn(num_centers, in_channels))
        self.loss_weight = loss_weight

    def forward(self, features: torch.Tensor,
                labels: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            features (Tensor): ``(N, D)``.
            labels (Tensor): int64 ``(N, )`` in ``[0, C)``.

        Returns:
            Tensor: A scalar.
        """
        check_rows(self, len(features), labels=labels)
        centers = self.centers.float()
        distance = (features.float() - centers[labels]).square().sum(1)
        spread = centers.var(0).sum()
        return self.loss_weight * distance.mean() / spread

    def _load_from_state_dict(self, state_dict: dict, prefix: str,
                              *args: Any) -> None:
        if f'{prefix}centers' not in state_dict:
            MMLogger.get_current_instance().warning(
                f'{prefix}centers are not among the loaded weights and stay '
                'as they are')
            state_dict[f'{prefix}centers'] = self.centers.detach()
        super()._load_from_state_dict(state_dict, prefix, *args)
