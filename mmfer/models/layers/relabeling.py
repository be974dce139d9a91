# Copyright (c) mmfer contributors.
from typing import NamedTuple, Optional

import torch

_SCOPES = ('low', 'all')


class Relabeling(NamedTuple):
    """What becomes of the labels of a batch.

    Args:
        labels (Tensor): The labels afterwards, int64 ``(N, )``.
        changed (Tensor): Which of them changed, bool ``(N, )``.
        score (Tensor): The largest probability, float32 ``(N, )``.
        margin (Tensor): How far it is above the probability of the label,
            float32 ``(N, )``.
    """
    labels: torch.Tensor
    changed: torch.Tensor
    score: torch.Tensor
    margin: torch.Tensor


@torch.no_grad()
def relabel(logits: torch.Tensor,
            labels: torch.Tensor,
            margin: float = 0.2,
            scope: str = 'low',
            weights: Optional[torch.Tensor] = None,
            ratio: float = 0.7) -> Relabeling:
    """Give samples the label that the model believes in far more.

    The rule of `Suppressing Uncertainties
    <https://arxiv.org/abs/2002.10392>`_: a sample takes the class of the
    largest probability if that is more than ``margin`` above the probability
    of its label. Nothing is stored; tensors in, tensors out, without a
    synchronisation.

    Args:
        logits (Tensor): ``(N, C)``.
        labels (Tensor): The current labels, int64 ``(N, )``.
        margin (float): Defaults to 0.2.
        scope (str): ``'low'``: only samples of the low group of
            :class:`~mmfer.models.losses.RankRegularizationLoss`, the paper's
            rule; ``'all'``: every sample, the released code's. Defaults to
            ``'low'``.
        weights (Tensor, optional): The importances, ``(N, )``; needed for
            ``'low'``. Defaults to None.
        ratio (float): The part of the batch in the high group. Defaults to
            0.7.

    Returns:
        Relabeling: What becomes of the labels.

    Raises:
        ValueError: If the scope is unknown or lacks the weights.
    """
    if scope not in _SCOPES:
        raise ValueError(f'scope must be one of {_SCOPES}, got {scope!r}')
    if scope == 'low' and weights is None:
        raise ValueError("scope 'low' needs the weights of the samples. "
                         "Remedy: give them, or choose scope 'all'")
    scores = logits.float().softmax(1)
    best, candidates = scores.max(1)
    gap = best - scores.gather(1, labels[:, None]).squeeze(1)
    changed = gap > margin
    if scope == 'low':
        order = weights.flatten().argsort(descending=True)
        low = torch.ones_like(changed)
        low[order[:int(ratio * len(labels))]] = False
        changed &= low
    return Relabeling(
        torch.where(changed, candidates, labels), changed, best, gap)
