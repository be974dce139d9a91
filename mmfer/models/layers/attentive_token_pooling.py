# Copyright (c) mmfer contributors.
from typing import Optional, Tuple

import torch
from mmpretrain.models.utils import MultiheadAttention
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from .top_tokens import STRENGTHS, take_tokens, top_tokens


def attend(attention: MultiheadAttention,
           x: torch.Tensor,
           head_drop: Optional[nn.Module] = None
           ) -> Tuple[torch.Tensor, torch.Tensor]:
    """Self-attention that tells what the class token looks for.

    Args:
        attention (MultiheadAttention): MMPretrain's.
        x (Tensor): Tokens, the class token first, ``(N, L, D)``.
        head_drop (nn.Module, optional): Changes queries, keys and values.
            Defaults to None.

    Returns:
        tuple[Tensor, Tensor]: The attended tokens, ``(N, L, D)``; and the
        scaled logits of the class token for all tokens in H heads, before the
        softmax and without gradient, ``(N, H, L)``.
    """
    shape = (*x.shape[:2], 3, attention.num_heads, attention.head_dims)
    qkv = attention.qkv(x).reshape(shape)
    if head_drop is not None:
        qkv = head_drop(qkv)
    query, key, value = qkv.permute(2, 0, 3, 1, 4)
    out = scaled_dot_product_attention(
        query, key, value,
        dropout_p=attention.attn_drop if attention.training else 0.)
    out = attention.proj(out.transpose(1, 2).flatten(2))
    out = attention.out_drop(attention.gamma1(attention.proj_drop(out)))
    with torch.no_grad():
        logits = query[:, :, :1] @ key.transpose(2, 3)
        logits = logits.squeeze(2) * attention.head_dims**-0.5
    return out, logits


class AttentiveTokenPooling(nn.Module):
    """Run a transformer layer that drops what the class token ignores.

    The attentive token pooling of `APViT
    <https://arxiv.org/abs/2212.05463>`_: between attention and feed-forward
    network the tokens are left out for which the class token has the lowest
    logits. It has no weights and passes no gradient to the choice.

    Args:
        keep_rate (float): The share of the tokens that are kept, the class
            token neither counted nor dropped, rounded down to at least one.
            Defaults to 1, all.
        rule (str): How the logits of the heads become one score:
            ``'sum'``, ``'sum_abs'``, ``'sum_square'``, ``'max'`` or
            ``'max_abs'``. Defaults to ``'sum'``.
        head_drop (nn.Module, optional): See :func:`attend`. Defaults to None.

    Raises:
        ValueError: If the rate or the rule is unknown.
    """

    def __init__(self,
                 keep_rate: float = 1.,
                 rule: str = 'sum',
                 head_drop: Optional[nn.Module] = None) -> None:
        super().__init__()
        if not 0 < keep_rate <= 1:
            raise ValueError(f'keep_rate must lie in (0, 1], got {keep_rate}')
        if rule not in STRENGTHS:
            raise ValueError(
                f'rule must be one of {list(STRENGTHS)}, got {rule!r}')
        self.keep_rate = float(keep_rate)
        self.rule = rule
        self.head_drop = head_drop

    def forward(self, layer: nn.Module, x: torch.Tensor
                ) -> Tuple[torch.Tensor, Optional[torch.Tensor]]:
        """Run a layer.

        Args:
            layer (nn.Module): MMPretrain's ``TransformerEncoderLayer``.
            x (Tensor): Tokens, the class token first, ``(N, L, D)``.

        Returns:
            tuple[Tensor, Tensor]: The tokens that remain, ``(N, K, D)``; and
            their places among those that came in, int64 ``(N, K)``, or None
            if all remain.
        """
        if self.keep_rate == 1 and self.head_drop is None:
            return layer(x), None
        attended, logits = attend(layer.attn, layer.ln1(x), self.head_drop)
        index = top_tokens(
            STRENGTHS[self.rule](logits, 1), self.keep_rate, first=True)
        x = take_tokens(x + attended, index)
        return layer.ffn(layer.ln2(x), identity=x), index
