# Copyright (c) mmfer contributors.
from typing import Dict, List, Optional, Sequence, Tuple, Union

import torch
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import nn

from mmfer.registry import MODELS
from ..layers.ir_unit import IRUnit


@MODELS.register_module()
class IRNet(BaseBackbone):
    """The residual network of face recognition (IR-50 and its kin).

    The network of `ArcFace <https://arxiv.org/abs/1801.07698>`_ without its
    embedding, as face.evoLVe and TFace release it: a stem that keeps the
    size, then up to four stages that halve it. A face of 112 px gives maps of
    56, 28, 14 and 7.

    Args:
        depth (int): 34, 50, 100 or 152, with 3, 4, 6, 3 units; 3, 4, 14, 3;
            3, 13, 30, 3; or 3, 8, 36, 3. Defaults to 50.
        unit (str): The kind of the units, see
            :class:`~mmfer.models.layers.IRUnit`; weights of TFace's 34 layers
            need ``'tface'``. Defaults to ``'plain'``.
        out_indices (Sequence[int]): Which stages give their map, from 0;
            stages after the last of them are not built. Defaults to (3, ).
        base_channels (int): Channels of the stem and of the first stage;
            later stages have twice those of the one before. A multiple of 16:
            with others torch 2.15 may crash on CPUs in channels-last layout.
            Defaults to 64.
        init_cfg (dict | list[dict], optional): Defaults to Xavier uniform for
            convolutions, as the released code.

    Raises:
        ValueError: If the depth is unknown or a stage does not exist.
    """

    #: Depth -> units of each stage.
    UNITS: Dict[int, Tuple[int, ...]] = {
        34: (3, 4, 6, 3),
        50: (3, 4, 14, 3),
        100: (3, 13, 30, 3),
        152: (3, 8, 36, 3),
    }

    def __init__(self,
                 depth: int = 50,
                 unit: str = 'plain',
                 out_indices: Sequence[int] = (3, ),
                 base_channels: int = 64,
                 init_cfg: Optional[Union[dict, List[dict]]] = (
                     dict(
                         type='Xavier', layer='Conv2d',
                         distribution='uniform'),
                     dict(type='Constant', layer='_BatchNorm', val=1))
                 ) -> None:
        if isinstance(init_cfg, tuple):
            init_cfg = list(init_cfg)
        super().__init__(init_cfg)
        if depth not in self.UNITS:
            raise ValueError(
                f'depth must be one of {list(self.UNITS)}, got {depth!r}')
        if not out_indices or not set(out_indices) <= set(range(4)):
            raise ValueError('out_indices must name stages from 0 to 3, got '
                             f'{out_indices!r}')
        self.out_indices = tuple(out_indices)
        self.stem = nn.Sequential(
            nn.Conv2d(3, base_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(base_channels), nn.PReLU(base_channels))
        self.stages = nn.ModuleList()
        channels = base_channels
        for stage in range(max(out_indices) + 1):
            out_channels = base_channels * 2**stage
            units = [IRUnit(channels, out_channels, 2, unit)]
            units += [
                IRUnit(out_channels, out_channels, 1, unit)
                for _ in range(self.UNITS[depth][stage] - 1)
            ]
            self.stages.append(nn.Sequential(*units))
            channels = out_channels

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """Feature maps of the stages ``out_indices``, in their order in the
        network.

        Args:
            x (Tensor): Images, ``(N, 3, H, W)``.
        """
        x = self.stem(x)
        maps = []
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in self.out_indices:
                maps.append(x)
        return tuple(maps)
