# Copyright (c) mmfer contributors.
from typing import List, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import BaseModule
from mmpretrain.models.backbones.resnet import BasicBlock, ResLayer
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from ..layers.feature_map import feature_map
from ..layers.patch_gate import PatchGate
from ..layers.patch_windows import (PATCH_SCHEMES, cut_around, cut_windows,
                                    patch_windows, windows_around)


def _normalized(gates: torch.Tensor) -> torch.Tensor:
    """Return gates ``(N, P)`` scaled to sum to 1, safe in half precision.
    """
    return gates / gates.sum(1, keepdim=True).clamp(min=1e-6)


@MODELS.register_module()
class PatchAttention(BaseModule):
    r"""Weigh the patches of a face by how much they tell.

    All patches of an earlier feature map go through one residual stage and
    one gate, so that patches of a hand or a mask can be given little weight;
    the gate also judges the last map. Gates come from `gACNN
    <https://ieeexplore.ieee.org/document/8576656>`_, the two steps of
    weighing from `Region Attention Networks
    <https://arxiv.org/abs/1905.04075>`_:

    .. math::
        F &= \sum_p u_p f_p / \sum_p u_p, \quad
        v_p = \sigma(w^T [f_p; F]) \\
        a_p &= (u_p v_p)^s / \sum_q (u_q v_q)^s, \quad
        z = W [f_0; \sum_p a_p f_p]

    In training a batch needs two samples or more: set ``drop_last`` in the
    data loader.

    Args:
        in_channels (int or tuple[int, int]): Channels of the first and of the
            last of the given feature maps; one number for a single map,
            which is both. Patches get as many channels as the last map.
        out_channels (int): Length D of the feature. Defaults to 512.
        patches (str): ``'grid2'``, ``'grid4'``, ``'overlap5'`` or
            ``'landmark24'``, see
            :func:`~mmfer.models.layers.patch_windows`; the last needs the
            68 ``gt_landmarks`` also of test samples. Defaults to
            ``'overlap5'``.
        stride (int): Of the residual stage. Defaults to 2.
        sharpness (float): The exponent :math:`s` of the weights, at least 0.
            With 0 all patches have the same weight and the parameters stay:
            the control for what the weights are worth. Defaults to 1.
        init_cfg (dict | list[dict], optional): Defaults to Kaiming normal
            (fan out) for convolutions, as ResNet.

    Raises:
        ConfigError: If the scheme is unknown or the sharpness negative.
    """

    def __init__(self,
                 in_channels: Union[int, Tuple[int, int]] = (256, 512),
                 out_channels: int = 512,
                 patches: str = 'overlap5',
                 stride: int = 2,
                 sharpness: float = 1.,
                 init_cfg: Optional[Union[dict, List[dict]]] = (
                     dict(type='Kaiming', layer='Conv2d'),
                     dict(type='Constant', layer='_BatchNorm', val=1))
                 ) -> None:
        if isinstance(init_cfg, tuple):
            init_cfg = list(init_cfg)
        super().__init__(init_cfg)
        if patches not in PATCH_SCHEMES:
            raise ConfigError(f'patches must be one of {list(PATCH_SCHEMES)},'
                              f' got {patches!r}')
        if sharpness < 0:
            raise ConfigError(f'sharpness must be at least 0, got {sharpness}')
        if isinstance(in_channels, int):
            in_channels = (in_channels, in_channels)
        first, last = in_channels
        self.patches, self.sharpness = patches, sharpness
        self.stage = ResLayer(BasicBlock, 2, first, last, stride=stride)
        self.gate = PatchGate(last)
        self.relation = nn.Linear(2 * last, 1)
        self.fuse = nn.Linear(2 * last, out_channels)

    #: Those of ``'landmark24'``.
    num_landmarks = 68

    @property
    def takes_landmarks(self) -> bool:
        """Whether :meth:`forward` needs the landmarks."""
        return self.patches == 'landmark24'

    def forward(self,
                feats: Sequence[torch.Tensor],
                landmarks: Optional[torch.Tensor] = None
                ) -> Tuple[torch.Tensor, ...]:
        """Attend.

        Args:
            feats (Sequence[Tensor]): Feature maps; patches are cut from the
                first, the last is the whole face.
            landmarks (Tensor, optional): As parts of the picture, ``(N, 68,
                2)``, for ``'landmark24'``. Defaults to None.

        Returns:
            tuple[Tensor, ...]: For P patches: weights :math:`a`, ``(N, P)``,
            sum 1; gates :math:`u`, ``(N, P)``; the gate of the whole face,
            ``(N, )``; boxes of the patches, x1, y1, x2, y2 as parts of the
            picture, ``(N, P, 4)``; and, as last, the feature :math:`z`,
            ``(N, D)``.

        Raises:
            ValueError: If there is no map, or landmarks are needed and
                missing.
        """
        whole = feature_map(feats, type(self).__name__)
        cut, boxes = self._cut(
            feature_map(feats[:1], type(self).__name__), landmarks)
        maps = self.stage(cut.flatten(0, 1))
        gates = self.gate(maps).view(cut.shape[:2])
        local = maps.mean((2, 3)).view(*cut.shape[:2], -1)
        mean = (_normalized(gates)[:, :, None] * local).sum(1, keepdim=True)
        pairs = torch.cat([local, mean.expand_as(local)], 2)
        weights = gates * self.relation(pairs).squeeze(2).sigmoid()
        weights = _normalized(weights.clamp(min=1e-6)**self.sharpness)
        both = [whole.mean((2, 3)), (weights[:, :, None] * local).sum(1)]
        feature = self.fuse(torch.cat(both, 1))
        return weights, gates, self.gate(whole), boxes, feature

    def _cut(self, x: torch.Tensor, landmarks: Optional[torch.Tensor]
             ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Patches ``(N, P, C, h, w)`` and their boxes ``(N, P, 4)``."""
        height, width = x.shape[2:]
        if not self.takes_landmarks:
            windows = patch_windows(self.patches, height, width)
            boxes = torch.tensor([
                (left / width, top / height, right / width, end / height)
                for top, end, left, right in windows
            ]).to(x.device, non_blocking=True)
            return cut_windows(x, windows), boxes.expand(x.size(0), -1, -1)
        if landmarks is None:
            raise ConfigError("PatchAttention(patches='landmark24') needs "
                              'the landmarks of each face',
                              hint="give gt_landmarks, or patches='overlap5'")
        centres, size = windows_around(landmarks, height, width)
        half = torch.stack([
            torch.full_like(centres[..., 0], size[1] / width / 2),
            torch.full_like(centres[..., 0], size[0] / height / 2)
        ], -1)
        boxes = torch.cat([centres - half, centres + half], -1)
        return cut_around(x, centres, size), boxes
