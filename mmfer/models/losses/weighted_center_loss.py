# Copyright (c) mmfer contributors.
from typing import Any, Optional

import torch
from mmengine.dist import all_reduce
from torch import nn

from mmfer.registry import MODELS
from .target_check import check_rows


@MODELS.register_module()
class WeightedCenterLoss(nn.Module):
    r"""Draw features to the center of their class, by confidence in it.

    After `LDLVA <https://arxiv.org/abs/2209.10448>`_: with features
    :math:`z` of length D, labels :math:`y`, confidence :math:`\lambda` and
    learned centers :math:`c`

    .. math::
        L = \frac{1}{N} \sum_i \frac{\lambda_i}{2} \|z_i - c_{y_i}\|^2 +
            \beta \sum_{a < b} e^{-\|c_a - c_b\|^2 / D}

    The released code moves the centers by two gradient steps of their own;
    here they are learned and saved with the model (our choice).

    The center of a class starts at the mean of its features in the first
    training batch that holds the class, over all processes (our choice). Until
    then it takes no part in the loss. Random centers would be about
    :math:`\sqrt{D}` away from every feature and outweigh the classification
    loss for the first epochs.

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
        self.centers = nn.Parameter(torch.zeros(num_classes, in_channels))
        # 1 for classes whose center has started.
        self.register_buffer('started', torch.zeros(num_classes))
        self.repulsion, self.loss_weight = repulsion, loss_weight

    def forward(self,
                features: torch.Tensor,
                labels: torch.Tensor,
                trust: Optional[torch.Tensor] = None) -> torch.Tensor:
        """Return the loss, in float32; in training, start the centers of
        classes that have not been seen before.

        Args:
            features (Tensor): ``(N, D)``.
            labels (Tensor): int64 ``(N, )``.
            trust (Tensor, optional): Confidence in the labels, ``(N, )`` in
                [0, 1]; no gradient goes there. Defaults to None, all 1.

        Returns:
            Tensor: A scalar.
        """
        check_rows(self, len(features), labels=labels, trust=trust)
        features = features.float()
        if self.training:
            self._start(features.detach(), labels)
        centers, started = self.centers.float(), self.started
        pull = (features - centers[labels]).square().sum(1) / 2
        pull = pull * started[labels]
        if trust is not None:
            pull = pull * trust.detach()
        apart = (centers[:, None] - centers[None]).square().mean(2)
        # Each pair is there twice, each center with itself once.
        pairs = started[:, None] * started
        push = ((-apart).exp() * pairs).triu(1).sum()
        return self.loss_weight * (pull.mean() + self.repulsion * push)

    @torch.no_grad()
    def _start(self, features: torch.Tensor, labels: torch.Tensor) -> None:
        """Start the centers of new classes, alike in all processes."""
        # Sums of the features, and in the last column the number of samples.
        rows = torch.cat([features, torch.ones_like(features[:, :1])], 1)
        totals = rows.new_zeros(len(self.centers), rows.size(1))
        totals.index_add_(0, labels, rows)
        # In each step: which classes are new is known on the device only.
        all_reduce(totals)
        sums, number = totals[:, :-1], totals[:, -1]
        new = (number > 0) & (self.started == 0)
        means = (sums / number.clamp(min=1)[:, None]).to(self.centers.dtype)
        self.centers.copy_(torch.where(new[:, None], means, self.centers))
        self.started.copy_(self.started.maximum((number > 0).float()))

    def _load_from_state_dict(self, state_dict: dict, prefix: str,
                              *args: Any) -> None:
        """Take centers that were saved without a record as started."""
        if prefix + 'centers' in state_dict:
            state_dict.setdefault(prefix + 'started',
                                  torch.ones_like(self.started))
        super()._load_from_state_dict(state_dict, prefix, *args)
