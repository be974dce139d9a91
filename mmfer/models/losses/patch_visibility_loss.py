# Copyright (c) mmfer contributors.
import torch
from torch import nn

from mmfer.registry import MODELS


def window_coverage(boxes: torch.Tensor,
                    window: torch.Tensor) -> torch.Tensor:
    """How much of each box a window covers.

    Args:
        boxes (Tensor): x1, y1, x2, y2 as parts of the picture,
            ``(N, P, 4)``.
        window (Tensor): Top, left, bottom, right likewise, ``(N, 4)``.

    Returns:
        Tensor: Shares in [0, 1], ``(N, P)``.
    """
    top, left, bottom, right = window[:, None].unbind(2)
    x1, y1, x2, y2 = boxes.unbind(2)
    width = (x2.minimum(right) - x1.maximum(left)).clamp(min=0)
    height = (y2.minimum(bottom) - y1.maximum(top)).clamp(min=0)
    return width * height / ((x2 - x1) * (y2 - y1)).clamp(min=1e-8)


@MODELS.register_module()
class PatchVisibilityLoss(nn.Module):
    r"""Patches that were erased are to tell less than others of the face.

    Where :class:`~mmfer.models.augments.BatchErasing` erases a part of the
    picture, it is known which patches show nothing. With gates (or weights)
    :math:`\mu`, the patches :math:`E_i` of face i of which at least
    ``threshold`` was erased, and :math:`F_i` of which nothing was,

    .. math::
        L = \frac{1}{N} \sum_i \frac{1}{|E_i| |F_i|}
            \sum_{p \in E_i} \sum_{q \in F_i}
            \max(0, \alpha - (\mu_{iq} - \mu_{ip}))

    Patches are compared within a face only, since others may be occluded
    unbeknown. Faces without both kinds count 0. Our choice.

    Args:
        margin (float): :math:`\alpha`. Defaults to 0.5.
        threshold (float): The least erased share of an erased patch, in
            (0, 1]. Defaults to 0.5.
        loss_weight (float): Defaults to 1.0.

    Raises:
        ValueError: If the margin is not positive or the threshold out of
            range.
    """

    def __init__(self,
                 margin: float = 0.5,
                 threshold: float = 0.5,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        if margin <= 0:
            raise ValueError(f'margin must be positive, got {margin}')
        if not 0 < threshold <= 1:
            raise ValueError(f'threshold must lie in (0, 1], got {threshold}')
        self.margin, self.threshold = margin, threshold
        self.loss_weight = loss_weight

    def forward(self, gates: torch.Tensor, boxes: torch.Tensor,
                window: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            gates (Tensor): Of the patches, ``(N, P)``, or their weights.
            boxes (Tensor): x1, y1, x2, y2 as parts of the picture,
                ``(N, P, 4)``.
            window (Tensor): What was erased: top, left, bottom, right as
                parts of the picture, ``(N, 4)``.

        Returns:
            Tensor: A scalar.
        """
        share = window_coverage(boxes.float(), window.float())
        erased = (share >= self.threshold).float()
        free = (share == 0).float()
        gates = gates.float()
        gap = gates[:, None, :] - gates[:, :, None]  # free less erased
        pairs = erased[:, :, None] * free[:, None, :]
        each = ((self.margin - gap).clamp(min=0) * pairs).sum((1, 2))
        return self.loss_weight * (
            each / pairs.sum((1, 2)).clamp(min=1)).mean()
