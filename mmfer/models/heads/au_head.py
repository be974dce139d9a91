# Copyright (c) mmfer contributors.
from typing import Any, Dict

import torch
from torch import nn

from mmfer.registry import MODELS
from .base_au_head import BaseAUHead
from .base_fer_head import FEATURES


@MODELS.register_module()
class AUHead(BaseAUHead):
    """Action units from one linear layer.

    Args:
        **kwargs: See :class:`BaseAUHead`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fc = nn.Linear(self.in_channels, len(self.au_names))

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """The logits of action units.

        Args:
            feats (Sequence[Tensor]): What backbone and neck give.

        Returns:
            dict[str, Tensor]: ``au_logits`` ``(N, K)``.
        """
        return dict(au_logits=self.fc(self.pooled(feats)))
