# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule

from mmfer.registry import MODELS
from ..layers.feature_map import feature_map
from ..layers.patch_exits import PatchExits
from ..layers.position_gate import position_gate
from ..layers.top_tokens import STRENGTHS, take_tokens, top_tokens

_RULES = (*STRENGTHS, 'random', 'learned')


@MODELS.register_module()
class AttentivePatchPooling(BaseModule):
    """Keep the patches of a feature map that answer most strongly.

    The attentive patch pooling of `APViT
    <https://arxiv.org/abs/2212.05463>`_: a patch is a position of the map,
    its score comes from its channels, and the choice passes no gradient.

    :class:`~mmfer.models.backbones.PoolingVisionTransformer` takes it as a
    part, to send the chosen patches on as tokens. As a neck of its own it
    gives the mean of the chosen patches (our choice), in place of the mean of
    all that ``GlobalAveragePooling`` gives.

    Args:
        keep (int or float): How many patches are kept; as a float in (0, 1]
            which share of them. Defaults to 160.
        rule (str): What the score of a patch is: ``'sum'``, ``'sum_abs'``,
            ``'sum_square'``, ``'max'`` or ``'max_abs'`` of its channels;
            ``'random'``, one channel drawn for the batch, also in testing; or
            ``'learned'``, a gate that also scales the patch, which is how it
            learns. Defaults to ``'sum_abs'``.
        in_channels (int, optional): Channels of the map, for ``'learned'``.
            Defaults to None.
        init_cfg (dict, optional): Defaults to None, PyTorch's own.

    Raises:
        ValueError: If the rule is unknown or its channels are not given.
    """

    def __init__(self,
                 keep: float = 160,
                 rule: str = 'sum_abs',
                 in_channels: Optional[int] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if rule not in _RULES:
            raise ValueError(f'rule must be one of {_RULES}, got {rule!r}')
        if rule == 'learned' and in_channels is None:
            raise ValueError("rule='learned' needs in_channels")
        self.keep = keep
        self.rule = rule
        self.gate = position_gate(in_channels) if rule == 'learned' else None

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """The scores of the patches.

        Args:
            x (Tensor): ``(N, C, H, W)``.

        Returns:
            Tensor: ``(N, H * W)``.
        """
        if self.rule == 'learned':
            return self.gate(x).flatten(1)
        if self.rule == 'random':
            channel = torch.randint(x.size(1), (1, ), device=x.device)
            return x.index_select(1, channel).flatten(1)
        return STRENGTHS[self.rule](x, 1).flatten(1)

    def select(self, x: torch.Tensor, patches: torch.Tensor
               ) -> Tuple[Optional[torch.Tensor], torch.Tensor]:
        """Choose among patches.

        Args:
            x (Tensor): The map that is judged, ``(N, C, H, W)``.
            patches (Tensor): What is chosen from, ``(N, H * W, D)``.

        Returns:
            tuple[Tensor, Tensor]: The places of the chosen patches in
            ascending order, int64 ``(N, K)``, or None if all are chosen; and
            these patches, ``(N, K, D)``.
        """
        scores = self.scores(x)
        if self.rule == 'learned':
            patches = patches * scores[:, :, None]
        index = top_tokens(scores.detach(), self.keep)
        return index, take_tokens(patches, index)

    def forward(self, feats: Sequence[torch.Tensor]
                ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Pool.

        Args:
            feats (Sequence[Tensor]): Feature maps; the last, ``(N, C, H,
                W)``, is used.

        Returns:
            tuple[Tensor, Tensor]: 1 where a patch is kept, else 0, int64
            ``(N, H, W)``; and the mean of these patches, ``(N, C)``.
        """
        x = feature_map(feats, type(self).__name__)
        index, kept = self.select(x, x.flatten(2).transpose(1, 2))
        exits = PatchExits(x.size(0), x[0, 0].numel(), x.device)
        exits.keep(index)
        return exits.maps(1, tuple(x.shape[2:])), kept.mean(1)

    def sample_fields(self, feats: Sequence[torch.Tensor]
                      ) -> Dict[str, torch.Tensor]:
        """What :meth:`forward` gave that belongs into predictions.

        Returns:
            dict[str, Tensor]: ``pred_patch_exit``, int64 ``(N, H, W)``.
        """
        return dict(pred_patch_exit=feats[0])
