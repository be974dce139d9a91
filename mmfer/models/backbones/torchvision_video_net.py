# Copyright (c) mmfer contributors.
from typing import Any, Optional, Tuple

import torch
from torch import nn

from mmfer.registry import MODELS
from .clip_backbone import ClipBackbone

_CLASSIFIERS = ('fc', 'head', 'classifier')


@MODELS.register_module()
class TorchvisionVideoNet(ClipBackbone):
    """A video model of torchvision, without its classifier.

    It gives one pooled feature a clip and needs no neck. To start from
    released weights: ``init_weights=dict(checkpoint=...,
    target='backbone.model')``.

    Args:
        name (str): As torchvision names it: ``'r3d_18'``, ``'mc3_18'``,
            ``'r2plus1d_18'``, ``'s3d'``, ``'mvit_v2_s'``, ``'swin3d_t'``...
        init_cfg (dict, optional): Defaults to None, torchvision's own.
        **kwargs: Further arguments of the model.

    Raises:
        ValueError: If torchvision has no such video model.
    """

    def __init__(self, name: str, init_cfg: Optional[dict] = None,
                 **kwargs: Any) -> None:
        from torchvision.models import get_model, list_models, video
        super().__init__(init_cfg)
        known = list_models(module=video)
        if name not in known:
            raise ValueError(f'torchvision has no video model {name!r}; it '
                             f'has {known}')
        self.model = get_model(name, weights=None, **kwargs)
        part = next(n for n in _CLASSIFIERS if hasattr(self.model, n))
        last = list(getattr(self.model, part).modules())[-1]
        #: Length of the feature.
        self.feat_dim = (last.in_features if isinstance(last, nn.Linear)
                         else last.in_channels)
        setattr(self.model, part, nn.Identity())

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor]:
        """Features.

        Args:
            x (Tensor): Clips, ``(N, 3, T, H, W)``, of the size that the model
                wants.

        Returns:
            tuple[Tensor]: One of ``(N, feat_dim)``.
        """
        self.check_clip(x)
        return (self.model(x), )
