# Copyright (c) mmfer contributors.
from typing import Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from ..layers.feature_map import feature_map
from ..layers.position_gate import position_gate
from ..layers.random_drop import draw_kept


@MODELS.register_module()
class LocalAttention(BaseModule):
    """Look where one of several branches looks; branches drop out.

    The local attention of `TransFER <https://arxiv.org/abs/2108.11116>`_ with
    its multi-attention dropping: in training some branches of some faces are
    taken away, so that the others find other parts of the face. The map is
    multiplied with the largest gate of each position.

    Args:
        in_channels (int): Channels C of the last feature map. Defaults to
            256.
        num_branches (int): Defaults to 2.
        reduction (int): How many times narrower a branch is inside. Defaults
            to 16.
        drop_prob (float): The probability that a face loses branches.
            Defaults to 0.6.
        most_dropped (int): The most branches that it loses; so that one is
            left it must be below ``num_branches``. Defaults to 1.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(self,
                 in_channels: int = 256,
                 num_branches: int = 2,
                 reduction: int = 16,
                 drop_prob: float = 0.6,
                 most_dropped: int = 1,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if not 0 <= drop_prob <= 1:
            raise ValueError(f'drop_prob must lie in [0, 1], got {drop_prob}')
        if drop_prob and not 1 <= most_dropped < num_branches:
            raise ConfigError(f'{most_dropped} of {num_branches} branches '
                              'cannot be dropped',
                              hint='leave at least one, or set drop_prob=0')
        self.drop_prob = drop_prob
        self.most_dropped = most_dropped
        self.branches = nn.ModuleList(
            position_gate(in_channels, reduction)
            for _ in range(num_branches))

    def forward(self, feats: Sequence[torch.Tensor]
                ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Attend.

        Args:
            feats (Sequence[Tensor]): Feature maps; the last, ``(N, C, H,
                W)``, is used.

        Returns:
            tuple[Tensor, Tensor]: The gates of the B branches, those dropped
            0, ``(N, B, H, W)``; and, as last, the weighed map.
        """
        x = feature_map(feats, type(self).__name__)
        gates = torch.cat([branch(x) for branch in self.branches], 1)
        if self.training and self.drop_prob:
            kept = draw_kept(*gates.shape[:2], self.drop_prob,
                             self.most_dropped, x.device)
            gates = gates * kept[:, :, None, None].to(gates.dtype)
        return gates, x * gates.amax(1, keepdim=True)
