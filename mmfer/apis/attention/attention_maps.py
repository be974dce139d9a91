# Copyright (c) mmfer contributors.
"""Where a model looks in a face."""
from typing import Dict

import torch
from torch import nn

from mmfer.errors import ConfigError
from .class_activation import class_activation_maps

#: Kinds of attention: what speaks for the predicted class; the mean of
#: attention heads; weights of patches; how long tokens are kept.
ATTENTIONS = ('cam', 'heads', 'patches', 'tokens')
_CELLS = 56


def attention_maps(model: nn.Module, inputs: torch.Tensor, kind: str,
                   outputs: Dict[str, torch.Tensor]) -> torch.Tensor:
    """Where a model looks, face by face.

    Args:
        model (nn.Module): A classifier in evaluation mode.
        inputs (Tensor): Float images as the backbone takes them,
            ``(N, 3, H, W)``.
        kind (str): One of ``ATTENTIONS``.
        outputs (Dict[str, Tensor]): What it predicts of them: ``pred_score``
            ``(N, C)``; for ``'patches'`` also ``pred_patch_weights``
            ``(N, P)`` and ``pred_patch_boxes`` ``(N, P, 4)``; for
            ``'tokens'`` also ``pred_patch_exit``, the layer that drops each
            patch, ``(N, h, w)``.

    Returns:
        Tensor: In [0, 1], each scaled to its range, ``(N, h, w)`` of any
        size.

    Raises:
        ValueError: If the model has no attention of this kind.
    """
    if kind == 'cam':
        return class_activation_maps(model, inputs,
                                     outputs['pred_score'].argmax(1))
    if kind == 'heads':
        maps = _head_maps(model, inputs)
    elif kind == 'patches' and 'pred_patch_weights' in outputs:
        maps = patch_maps(outputs['pred_patch_weights'],
                          outputs['pred_patch_boxes'])
    elif kind == 'tokens' and 'pred_patch_exit' in outputs:
        maps = outputs['pred_patch_exit'].float()
    else:
        raise ConfigError(f'this model has no attention of the kind {kind}',
                          hint='the attention cam')
    low, high = maps.amin((1, 2), True), maps.amax((1, 2), True)
    return (maps - low) / (high - low).clamp(min=1e-6)


def _head_maps(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The mean over what the attention heads of the neck look at."""
    attention = getattr(model.neck, 'attention', None)
    if attention is None:
        raise ConfigError('this model has no neck with attention heads',
                          hint='the attention cam')
    with torch.no_grad():
        return attention(model.extract_feat(inputs, stage='backbone')).mean(1)


def patch_maps(weights: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Weights of patches as maps; the largest counts where patches overlap.

    Args:
        weights (Tensor): ``(N, P)``.
        boxes (Tensor): x1, y1, x2, y2 as parts of the picture, ``(N, P,
            4)``.

    Returns:
        Tensor: ``(N, 56, 56)``, 0 where no patch lies.
    """
    centres = (torch.arange(_CELLS, device=boxes.device) + 0.5) / _CELLS
    low, high = boxes[..., None, :2], boxes[..., None, 2:]
    # (N, P, cells, 2): whether a column, or a row, lies in the patch.
    inside = (centres[:, None] >= low) & (centres[:, None] < high)
    columns, rows = inside.unbind(-1)
    covered = rows[..., :, None] & columns[..., None, :]
    return (weights[..., None, None] * covered).amax(1)
