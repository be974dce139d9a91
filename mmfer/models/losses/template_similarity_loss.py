# Copyright (c) mmfer contributors.
from typing import Optional

import torch
from torch import nn
from torch.nn.functional import normalize

from mmfer.registry import MODELS
from ..layers import one_hot
from .target_check import check_rows


@MODELS.register_module()
class TemplateSimilarityLoss(nn.Module):
    r"""Features near the template of their class and away from the others.

    With :math:`s_{ik}` the cosine between the feature of sample i and the
    template of class k, and a confidence :math:`\alpha` that gets no gradient

    .. math::
        L = \frac{1}{N} \sum_i \alpha_i \left[ (1 - s_{i y_i}) + \max(0,
            \max_{k \ne y_i} s_{ik} - s_{i y_i} + \delta) \right]

    The form is our choice.

    Args:
        margin (float): :math:`\delta`, in [0, 2]. Defaults to 0.2.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If ``margin`` is out of range.
    """

    def __init__(self, margin: float = 0.2, loss_weight: float = 1.0) -> None:
        super().__init__()
        if not 0 <= margin <= 2:
            raise ValueError(f'margin must lie in [0, 2], got {margin}')
        self.margin = margin
        self.loss_weight = loss_weight

    def forward(self,
                features: torch.Tensor,
                labels: torch.Tensor,
                templates: torch.Tensor,
                confidence: Optional[torch.Tensor] = None) -> torch.Tensor:
        """The loss, in float32.

        Args:
            features (Tensor): Projected features, ``(N, D)``.
            labels (Tensor): int64 ``(N, )``; a negative one is unknown and
                its sample adds nothing.
            templates (Tensor): Centred templates, ``(C, D)``, such as
                ``TemplateBank.templates``; they get no gradient. A row of
                zeros is a class without template: it is no other class to
                anyone, and its own samples add nothing.
            confidence (Tensor, optional): In [0, 1], ``(N, )``. Defaults to
                None, all 1.

        Returns:
            Tensor: A scalar.
        """
        check_rows(self, len(features), labels=labels, confidence=confidence)
        templates = templates.detach().float()
        known = templates.abs().sum(1) > 0
        similarity = normalize(features.float()) @ normalize(templates).T
        mine = one_hot(labels, len(templates)) > 0
        own = (similarity * mine).sum(1)
        # Below every cosine, so that the second term is 0.
        other = similarity.masked_fill(mine | ~known, -4).amax(1)
        loss = 1 - own + (other - own + self.margin).clamp(min=0)
        weights = (mine & known).any(1).float()
        if confidence is not None:
            weights = weights * confidence.detach().float()
        return self.loss_weight * (weights * loss).mean()
