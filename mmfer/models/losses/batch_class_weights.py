# Copyright (c) mmfer contributors.
import torch

from ..layers import one_hot


@torch.no_grad()
def batch_class_weights(labels: torch.Tensor,
                        num_classes: int,
                        power: float = 0.5,
                        low: float = 0.5,
                        high: float = 2.0) -> torch.Tensor:
    r"""Weights of the samples of a batch by how rare their classes are in it.

    With :math:`n_c` of the N samples in class c and :math:`C_b` classes in
    the batch

    .. math::
        \omega_c = \mathrm{clip}\left(\left(\frac{N}{C_b n_c}
            \right)^q, \omega_{min}, \omega_{max}\right)

    then scaled such that the mean over the samples is 1. A power below 1 and
    the limits keep a lone sample of a rare class, whose label may be wrong,
    from driving the step.

    Args:
        labels (Tensor): int64 ``(N, )``; a negative one is unknown, counts
            nowhere and gets the weight 0.
        num_classes (int): Number of classes C.
        power (float): :math:`q`; 0 makes all weights 1. Defaults to 0.5.
        low (float): :math:`\omega_{min}`. Defaults to 0.5.
        high (float): :math:`\omega_{max}`. Defaults to 2.0.

    Returns:
        Tensor: float32 ``(N, )`` without gradient.

    Examples:
        >>> batch_class_weights(torch.tensor([0, 0, 0, 1]), 2, power=1.)
        tensor([0.6667, 0.6667, 0.6667, 2.0000])
    """
    members = one_hot(labels, num_classes)
    counts = members.sum(0)
    number, classes = counts.sum(), (counts > 0).sum()
    rarity = number / (classes * counts).clamp(min=1)
    weights = members @ rarity.pow(power).clamp(low, high)
    return weights * number / weights.sum().clamp(min=1e-6)
