# Copyright (c) mmfer contributors.
"""Mixing the features of two samples by their relative uncertainty."""
from typing import Optional, Tuple

import torch


def draw_partners(labels: torch.Tensor,
                  different_class_only: bool = False,
                  generator: Optional[torch.Generator] = None
                  ) -> torch.Tensor:
    """A partner within the batch for each sample.

    Args:
        labels (Tensor): int64 ``(N, )``.
        different_class_only (bool): Whether partners are drawn from the
            samples of other classes; a sample without any is its own
            partner. Defaults to False: one random permutation, in which
            samples of a class and a sample with itself can meet.
        generator (torch.Generator, optional): Of the labels' device.
            Defaults to None, PyTorch's global one.

    Returns:
        Tensor: Indices, int64 ``(N, )``.
    """
    number, device = len(labels), labels.device
    if not different_class_only:
        draw = torch.rand(number, device=device, generator=generator)
        return draw.argsort()
    draw = torch.rand(number, number, device=device, generator=generator)
    same = labels[:, None] == labels[None]
    # Its own place beats those of its class and loses to all others.
    draw = draw.masked_fill(same, -2.)
    draw.fill_diagonal_(-1.)
    return draw.argmax(1)


def mixing_weights(uncertainty: torch.Tensor,
                   partners: torch.Tensor) -> torch.Tensor:
    """The part of each sample in its mixed feature.

    Args:
        uncertainty (Tensor): Positive, ``(N, )``.
        partners (Tensor): Indices, int64 ``(N, )``.

    Returns:
        Tensor: ``u_i / (u_i + u_partner)``, ``(N, )``: the more uncertain of
        two gets the larger part.
    """
    return uncertainty / (uncertainty + uncertainty[partners])


def mix(features: torch.Tensor, uncertainty: torch.Tensor,
        partners: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    """Mix each feature with its partner's.

    Args:
        features (Tensor): ``(N, D)``.
        uncertainty (Tensor): Positive, ``(N, )``.
        partners (Tensor): Indices, int64 ``(N, )``.

    Returns:
        tuple[Tensor, Tensor]: The mixed features ``(N, D)`` and the weights
        ``(N, )``.
    """
    weights = mixing_weights(uncertainty, partners)
    part = weights[:, None]
    return part * features + (1 - part) * features[partners], weights
