# Copyright (c) mmfer contributors.
from typing import Optional, Tuple

import torch

from mmfer.registry import MODELS
from .clip_backbone import ClipBackbone

_POOLS = dict(
    mean=lambda feat: feat.mean(1),
    max=lambda feat: feat.amax(1))


@MODELS.register_module()
class FramePooling(ClipBackbone):
    """Any backbone for pictures, on each frame; features pooled over time.

    Necks and heads are those of the backbone. The order of the frames does
    not count. Initial weights belong to the part ``backbone.backbone``.

    Args:
        backbone (dict): The config of the backbone.
        pool (str): ``'mean'`` or ``'max'`` over the frames. Defaults to
            ``'mean'``.
        init_cfg (dict, optional): Defaults to None, the backbone's own.

    Raises:
        ValueError: If the pooling is unknown.
    """

    def __init__(self, backbone: dict, pool: str = 'mean',
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if pool not in _POOLS:
            raise ValueError(f'pool must be one of {list(_POOLS)}, got '
                             f'{pool!r}')
        self.pool = pool
        self.backbone = MODELS.build(backbone)

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """What the backbone gives, pooled.

        Args:
            x (Tensor): Clips, ``(N, C, T, H, W)``.

        Returns:
            tuple[Tensor]: ``(N, ...)`` each.
        """
        self.check_clip(x)
        feats = self.backbone(x.transpose(1, 2).flatten(0, 1))
        pool = _POOLS[self.pool]
        return tuple(pool(f.unflatten(0, (-1, x.size(2)))) for f in feats)
