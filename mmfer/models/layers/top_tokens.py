# Copyright (c) mmfer contributors.
"""Keep the tokens with the highest scores."""
from typing import Callable, Dict, Optional

import torch

from mmfer.errors import ConfigError

#: How a vector of responses becomes one score.
STRENGTHS: Dict[str, Callable[[torch.Tensor, int], torch.Tensor]] = {
    'sum': lambda x, dim: x.sum(dim),
    'sum_abs': lambda x, dim: x.abs().sum(dim),
    'sum_square': lambda x, dim: x.square().sum(dim),
    'max': lambda x, dim: x.amax(dim),
    'max_abs': lambda x, dim: x.abs().amax(dim),
}


def number_kept(total: int, keep: float) -> int:
    """How many of some tokens are kept.

    Args:
        total (int): Their number.
        keep (int or float): A number; or, as a float in (0, 1], a share,
            rounded down to at least one.

    Raises:
        ValueError: If there are not as many.
    """
    number = keep
    if isinstance(keep, float):
        number = max(int(total * keep), 1) if 0 < keep <= 1 else 0
    if not 0 < number <= total:
        raise ConfigError(f'{keep} of {total} tokens cannot be kept',
                          hint=f'a number from 1 to {total}, or a share as '
                          'a float in (0, 1]')
    return number


def top_tokens(scores: torch.Tensor,
               keep: float,
               first: bool = False) -> Optional[torch.Tensor]:
    """Where the tokens with the highest scores are.

    Args:
        scores (Tensor): ``(N, L)``; of equal scores any may be chosen.
        keep (int or float): See :func:`number_kept`.
        first (bool): Whether the first token, the class token, is always
            kept; it then does not count among those of ``keep``. Defaults to
            False.

    Returns:
        Tensor, optional: Indices in ascending order, int64 of shape
        ``(N, K)``. None if all are kept.
    """
    ranked = scores[:, 1:] if first else scores
    number = number_kept(ranked.size(1), keep)
    if number == ranked.size(1):
        return None
    index = ranked.topk(number, dim=1, sorted=False).indices.sort(1).values
    if first:
        index = torch.nn.functional.pad(index + 1, (1, 0))
    return index


def take_tokens(tokens: torch.Tensor,
                index: Optional[torch.Tensor]) -> torch.Tensor:
    """The tokens at some places.

    Args:
        tokens (Tensor): ``(N, L, D)``.
        index (Tensor, optional): ``(N, K)``; None for all.

    Returns:
        Tensor: ``(N, K, D)``.
    """
    if index is None:
        return tokens
    return tokens.gather(1, index[:, :, None].expand(-1, -1, tokens.size(2)))
