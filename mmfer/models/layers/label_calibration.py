# Copyright (c) mmfer contributors.
from typing import NamedTuple

import torch

# Below it a sample counts as without neighbours.
_EPS = 1e-12


class Calibration(NamedTuple):
    """A label distribution, and how it came about.

    Args:
        distribution (Tensor): What is believed, ``(N, C)``, sum 1.
        trust (Tensor): The part of the given label in it, ``(N, )``.
        shares (Tensor): The part of each neighbour in what the neighbours
            say, ``(N, K)``, sum 1, or 0 without neighbours.
    """
    distribution: torch.Tensor
    trust: torch.Tensor
    shares: torch.Tensor


def calibrate(given: torch.Tensor, trust: torch.Tensor,
              weights: torch.Tensor, relations: torch.Tensor,
              scores: torch.Tensor, fall_back: bool = True) -> Calibration:
    r"""Mix given labels with what neighbours are predicted to be.

    After `LDLVA <https://arxiv.org/abs/2209.10448>`_, with a way back to the
    given label where neighbours cannot be relied on (our choice), in which
    :math:`\bar r` is 1 without ``fall_back``:

    .. math::
        \bar r_i &= \sum_j w_{ij} r_{ij} / \sum_j w_{ij}, \quad
        \lambda'_i = 1 - (1 - \lambda_i) \bar r_i \\
        d_i &= \lambda'_i y_i + (1 - \lambda'_i)
            \sum_j w_{ij} r_{ij} p_j / \sum_j w_{ij} r_{ij}

    Args:
        given (Tensor): Given distributions :math:`y`, ``(N, C)``, sum 1.
        trust (Tensor): :math:`\lambda`, ``(N, )`` in [0, 1].
        weights (Tensor): :math:`w`, ``(N, K)``, not negative.
        relations (Tensor): :math:`r`, ``(N, K)`` in [0, 1].
        scores (Tensor): :math:`p`, ``(N, K, C)``, sum 1 where the weight is
            positive.
        fall_back (bool): Whether the given label counts more where the
            neighbours are less related. Defaults to True; False is LDLVA's.
    """
    joint = weights * relations
    total = joint.sum(1)
    shares = joint / total.clamp(min=_EPS)[:, None]
    whole = shares.sum(1)
    part = (1 - trust) * whole
    if fall_back:
        part = part * total / weights.sum(1).clamp(min=_EPS)
    said = (shares[:, :, None] * scores).sum(1)
    said = said + (1 - whole)[:, None] * given
    return Calibration(given + part[:, None] * (said - given), 1 - part,
                       shares)
