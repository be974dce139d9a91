# Copyright (c) mmfer contributors.
from typing import Sequence, Union

import torch

from mmfer.errors import ConfigError


def pooled_feature(feats: Union[torch.Tensor, Sequence[torch.Tensor]],
                   index: int = -1) -> torch.Tensor:
    """One vector for each sample.

    Args:
        feats (Sequence[Tensor]): What backbone and neck give, or one tensor.
        index (int): Which of them. Defaults to -1, the last.

    Returns:
        Tensor: ``(N, D)``; a map ``(N, D, H, W)`` is averaged over its
        positions.

    Raises:
        ValueError: If the feature has another shape.
    """
    feature = feats if isinstance(feats, torch.Tensor) else feats[index]
    if feature.ndim == 4:
        return feature.mean((2, 3))
    if feature.ndim != 2:
        raise ConfigError('a pooled feature (N, D) or a map (N, D, H, W) is '
                          f'needed, got the shape {tuple(feature.shape)}',
                          hint='set feat_index to the feature that is one, '
                          'or add a pooling neck')
    return feature
