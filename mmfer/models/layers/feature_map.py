# Copyright (c) mmfer contributors.
from typing import Sequence, Union

import torch

from mmfer.errors import ConfigError


def feature_map(feats: Union[torch.Tensor, Sequence[torch.Tensor]],
                user: str) -> torch.Tensor:
    """The last feature map.

    Args:
        feats (Sequence[Tensor]): What the backbone gives, or one tensor.
        user (str): The part that needs it, for the message.

    Returns:
        Tensor: ``(N, C, H, W)``.

    Raises:
        ValueError: If the last feature is no map.
    """
    last = feats if isinstance(feats, torch.Tensor) else feats[-1]
    if last.ndim != 4:
        raise ConfigError(f'{user} needs a feature map (N, C, H, W), got the '
                          f'shape {tuple(last.shape)}',
                          hint='no pooling neck before it, and a backbone '
                          'that gives maps (out_type="featmap" for '
                          'transformers)')
    return last
