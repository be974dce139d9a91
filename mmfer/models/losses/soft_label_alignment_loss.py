# Copyright (c) mmfer contributors.
import torch

from mmfer.registry import MODELS
from .base_ramped_loss import BaseRampedLoss
from .target_check import DISTRIBUTIONS, check_targets


@MODELS.register_module()
class SoftLabelAlignmentLoss(BaseRampedLoss):
    r"""Two networks learn each other's softened predictions.

    The target that each gives to the other lies between the labels and what
    it predicts itself,

    .. math::
        q = \alpha y + (1 - \alpha) \mathrm{softmax}(\log p / T), \quad
        L = KL(q_1 \| p_2) + KL(q_2 \| p_1)

    and gets no gradient. With the ramp r in [0, 1] the share of the labels
    falls from 1 to its final value, :math:`\alpha = 1 - r (1 - \alpha_1)`,
    while the loss gains its weight. The form is our choice.

    Args:
        temperature (float): T, above 0. Defaults to 2.0.
        label_share (float): :math:`\alpha_1`, in [0, 1]. Defaults to 0.5.
        loss_weight (float): Defaults to 0.5.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(self,
                 temperature: float = 2.0,
                 label_share: float = 0.5,
                 loss_weight: float = 0.5) -> None:
        super().__init__(loss_weight)
        if temperature <= 0:
            raise ValueError('temperature must be positive, got '
                             f'{temperature}')
        if not 0 <= label_share <= 1:
            raise ValueError('label_share must lie in [0, 1], got '
                             f'{label_share}')
        self.temperature = temperature
        self.label_share = label_share

    def soft_labels(self, logits: torch.Tensor,
                    scores: torch.Tensor) -> torch.Tensor:
        """The target q that one network gives to the other, ``(N, C)``.

        Args:
            logits (Tensor): Of the network, float32 ``(N, C)``.
            scores (Tensor): The labels as distributions, ``(N, C)``.
        """
        alpha = 1 - self.ramp * (1 - self.label_share)
        soft = (logits.detach() / self.temperature).softmax(1)
        return torch.lerp(soft, scores.detach().float(), alpha)

    def forward(self, first_logits: torch.Tensor, second_logits: torch.Tensor,
                scores: torch.Tensor) -> torch.Tensor:
        """The loss, in float32.

        Args:
            first_logits (Tensor): Of the first network, ``(N, C)``;
                logarithms of probabilities are logits too.
            second_logits (Tensor): Of the second network, ``(N, C)``.
            scores (Tensor): The labels as distributions, ``(N, C)``.

        Returns:
            Tensor: A scalar, a mean over samples.
        """
        for logits in (first_logits, second_logits):
            check_targets(type(self).__name__, logits, scores,
                          (DISTRIBUTIONS, ))
        first, second = first_logits.float(), second_logits.float()
        loss = _divergence(self.soft_labels(first, scores), second)
        loss = loss + _divergence(self.soft_labels(second, scores), first)
        return self.loss_weight * self.ramp * loss


def _divergence(target: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """The mean over samples of KL(target || softmax(logits))."""
    divergence = torch.xlogy(target, target) - target * logits.log_softmax(1)
    return divergence.sum(1).mean()
