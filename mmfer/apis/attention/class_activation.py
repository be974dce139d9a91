# Copyright (c) mmfer contributors.
"""Class activation maps of any classifier."""
from typing import Callable, Optional, Tuple

import torch
from torch import nn

from mmfer.errors import ConfigError, MissingPackageError


class _ExposedMap(nn.Module):
    """A classifier whose last feature map passes through a module of its own,
    where it can be watched."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.last_map = nn.Identity()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        model = self.model
        feats = model.extract_feat(inputs, stage='backbone')
        feats = (*feats[:-1], self.last_map(feats[-1]))
        return model.head(model.neck(feats) if model.with_neck else feats)


def _watched(model: nn.Module, inputs: torch.Tensor
             ) -> Tuple[nn.Module, nn.Module, Optional[Callable]]:
    """What to run, the layer to watch, and what makes maps of its output."""
    with torch.no_grad():
        last = model.extract_feat(inputs[:1], stage='backbone')[-1]
    if last.ndim == 4:
        exposed = _ExposedMap(model).eval()
        return exposed, exposed.last_map, None
    backbone = model.backbone
    if not hasattr(backbone, 'num_extra_tokens'):
        raise ConfigError(f'{type(backbone).__name__} gives no feature maps '
                          'and is no transformer of MMPretrain',
                          hint='a backbone that gives maps')

    def to_maps(tokens: torch.Tensor) -> torch.Tensor:
        """From ``(N, L, C)`` to ``(N, C, H, W)``."""
        patches = tokens[:, backbone.num_extra_tokens:]
        height, width = backbone.patch_resolution
        if patches.size(1) != height * width:
            raise ConfigError('this transformer drops tokens, or takes '
                              'another size',
                              hint='the attention tokens')
        return patches.unflatten(1, (height, width)).permute(0, 3, 1, 2)

    # Behind the last attention only the class token has a say.
    return model, backbone.layers[-1].ln1, to_maps


def class_activation_maps(model: nn.Module,
                          inputs: torch.Tensor,
                          labels: torch.Tensor) -> torch.Tensor:
    """Where a classifier finds what speaks for a class.

    `Grad-CAM <https://arxiv.org/abs/1610.02391>`_ by the package ``grad-cam``,
    on the last feature map of convolutional networks and of hierarchical
    transformers, else on the last tokens before attention.

    Args:
        model (nn.Module): A classifier of MMPretrain or of ours.
        inputs (Tensor): Float images as the backbone takes them,
            ``(N, 3, H, W)``.
        labels (Tensor): The class of each, int64 of shape ``(N, )``.

    Returns:
        Tensor: In [0, 1], each scaled to its range, ``(N, H, W)``.

    Raises:
        ImportError: If the package is not installed.
        ValueError: If the backbone gives neither maps nor tokens.
    """
    try:
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import \
            ClassifierOutputTarget
    except ImportError as error:
        raise MissingPackageError('class activation maps cannot be computed '
                                  f'({error})',
                                  hint="pip install 'mmfer[cam]'") from None
    run, layer, to_maps = _watched(model, inputs)
    targets = [ClassifierOutputTarget(label) for label in labels.tolist()]
    with torch.enable_grad(), GradCAM(
            run, [layer], reshape_transform=to_maps) as cam:
        maps = cam(inputs, targets)
    model.zero_grad(set_to_none=True)
    return torch.from_numpy(maps).to(inputs.device)
