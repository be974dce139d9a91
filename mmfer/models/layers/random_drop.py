# Copyright (c) mmfer contributors.
from typing import Union

import torch
from torch import nn
from torch.nn.functional import pad

_MODES = ('head', 'token')


def draw_kept(batch: int, number: int, prob: float, most: int,
              device: Union[str, torch.device]) -> torch.Tensor:
    """Drop some of several parts at random, anew for each sample.

    With probability ``prob`` a sample loses parts: 1 to ``most`` of them,
    each number equally likely, drawn with replacement.

    Args:
        batch (int): Samples N.
        number (int): Parts P of each.
        prob (float): In [0, 1].
        most (int): At least 1.
        device (torch.device): Where to draw.

    Returns:
        Tensor: 1 = kept, 0 = dropped, float32 of shape ``(N, P)``.
    """
    draws = torch.arange(most, device=device)
    used = draws < torch.randint(1, most + 1, (batch, 1), device=device)
    used = used & (torch.rand(batch, 1, device=device) < prob)
    part = torch.randint(number, (batch, most), device=device)
    hit = part[:, :, None] == torch.arange(number, device=device)
    return 1 - (hit & used[:, :, None]).float().amax(1)


class HeadDropping(nn.Module):
    """Take the queries, keys and values of some attention heads away.

    The multi-head self-attention dropping of `TransFER
    <https://arxiv.org/abs/2108.11116>`_, in training only.

    Args:
        prob (float): The probability for a sample. Defaults to 0.3.
        most (int): The most heads dropped at once. Defaults to 1.
        mode (str): ``'head'``, as the paper; ``'token'``, as the released
            code, which takes a token's in all heads, one of as many first
            tokens as there are heads. Defaults to ``'head'``.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 prob: float = 0.3,
                 most: int = 1,
                 mode: str = 'head') -> None:
        super().__init__()
        if not 0 <= prob <= 1 or most < 1:
            raise ValueError('prob must lie in [0, 1] and most be positive, '
                             f'got {prob!r} and {most!r}')
        if mode not in _MODES:
            raise ValueError(f'mode must be one of {_MODES}, got {mode!r}')
        self.prob, self.most, self.mode = prob, most, mode

    def forward(self, qkv: torch.Tensor) -> torch.Tensor:
        """Drop.

        Args:
            qkv (Tensor): Queries, keys and values of L tokens in H heads,
                ``(N, L, 3, H, D)``.
        """
        if not self.training:
            return qkv
        batch, tokens, _, heads, _ = qkv.shape
        kept = draw_kept(batch, heads, self.prob, self.most, qkv.device)
        if self.mode == 'head':
            kept = kept[:, None, None, :, None]
        else:
            kept = pad(kept, (0, tokens - heads), value=1.)
            kept = kept[:, :, None, None, None]
        return qkv * kept.to(qkv.dtype)
