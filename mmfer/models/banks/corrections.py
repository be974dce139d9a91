# Copyright (c) mmfer contributors.
from typing import NamedTuple, Union

import torch


class Corrections(NamedTuple):
    """The labels that an epoch has changed, on the CPU.

    Args:
        index (Tensor): The samples, int64 of shape ``(K, )``, ascending.
        given (Tensor): The labels of the training set, int64.
        old (Tensor): The labels before, int64.
        new (Tensor): The labels from now on, int64.
        score (Tensor): What the method gave as score, float32.
        margin (Tensor): What the method gave as margin, float32.
        dropped (int): Changes that were proposed and not made: above the
            cap, or to a class that is not known well enough yet.
    """
    index: torch.Tensor
    given: torch.Tensor
    old: torch.Tensor
    new: torch.Tensor
    score: torch.Tensor
    margin: torch.Tensor
    dropped: int


# may wait: between epochs
def within_cap(margin: torch.Tensor, limit: Union[int, float, None],
               size: int) -> torch.Tensor:
    """The places of the largest margins.

    Args:
        margin (Tensor): float ``(K, )`` on the CPU; NaN counts as the least.
        limit (int or float, optional): How many, or which share of ``size``;
            None for all.
        size (int): The number of samples in the training set.

    Returns:
        Tensor: int64, ascending; of equal margins the first.
    """
    if isinstance(limit, float):
        limit = int(limit * size)
    if limit is None or limit >= len(margin):
        return torch.arange(len(margin))
    order = margin.nan_to_num(nan=-torch.inf).argsort(
        descending=True, stable=True)
    return order[:limit].sort().values
