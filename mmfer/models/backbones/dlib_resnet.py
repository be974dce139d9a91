# Copyright (c) mmfer contributors.
from typing import List, Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from mmcv.cnn import build_conv_layer, build_norm_layer
from mmengine.model import BaseModule
from mmpretrain.models.backbones.base_backbone import BaseBackbone
from torch import nn

from mmfer.registry import MODELS


def _add_padded(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Add two maps; the smaller one gets zeros at the end of channels, rows
    and columns."""
    shape = [max(pair) for pair in zip(x.shape[1:], y.shape[1:])]

    def padded(z: torch.Tensor) -> torch.Tensor:
        channels, rows, columns = (n - m for n, m in zip(shape, z.shape[1:]))
        if not (channels or rows or columns):
            return z
        return F.pad(z, (0, columns, 0, rows, 0, channels))

    return padded(x) + padded(y)


class DlibBlock(BaseModule):
    """A residual block whose shortcut has no weights.

    Args:
        in_channels (int): Channels of the input.
        channels (int): Channels of the output.
        stride (int): 1, or 2 to halve the map; its shortcut is then an
            average over 2x2 pixels.
        pad (bool): Whether the convolution with stride 2 pads its input by
            one pixel.
        conv_cfg (dict, optional): The convolutions.
        norm_cfg (dict): The normalization.
    """

    def __init__(self, in_channels: int, channels: int, stride: int, pad: bool,
                 conv_cfg: Optional[dict], norm_cfg: dict) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = build_conv_layer(conv_cfg,
                                      in_channels,
                                      channels,
                                      3,
                                      stride=stride,
                                      padding=int(pad or stride == 1),
                                      bias=False)
        self.bn1 = build_norm_layer(norm_cfg, channels)[1]
        self.conv2 = build_conv_layer(conv_cfg,
                                      channels,
                                      channels,
                                      3,
                                      padding=1,
                                      bias=False)
        self.bn2 = build_norm_layer(norm_cfg, channels)[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, C, H, W)`` to ``(N, C', H', W')``."""
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        if self.stride > 1:
            x = F.avg_pool2d(x, self.stride)
        return F.relu(_add_padded(out, x), inplace=True)


@MODELS.register_module()
class DlibResNet(BaseBackbone):
    """The residual network of dlib's face recognition.

    King, *High Quality Face Recognition with Deep Metric Learning*, 2017:
    29 convolutions with half the filters of a ResNet-34, 5.58 million
    parameters with all five stages, 4.40 million with four. Shortcuts have
    no weights; where the map is halved they are 2x2 averages, with zeros for
    missing channels, rows and columns. Batch normalization takes the place
    of the affine layers of the released network, see
    :mod:`mmfer.engine.dlib_weights`.

    The released weights expect RGB minus (122.782, 117.001, 104.298), divided
    by 256, and aligned faces of 150 px. The maps are then 35, 17, 8, 4 and 2
    pixels wide, with ``pad=True`` 38, 19, 10, 5 and 3.

    Args:
        out_indices (Sequence[int]): The stages whose maps are returned, from
            0 to 4; stages after the last of them are not built. Defaults to
            (4, ).
        pad (bool): Whether the convolutions with stride 2 and the pooling of
            the stem pad their input by one pixel (the 7x7 convolution by
            three), so that each map is half as wide as the one before, rounded
            up: for inputs of 64 to 112 px. Defaults to False, as released.
        frozen_stages (int): 0 keeps the weights and the running statistics of
            the stem, n those of the stem and of the first n stages. Defaults
            to -1, none.
        conv_cfg (dict, optional): Defaults to None, ``nn.Conv2d``.
        norm_cfg (dict): Defaults to ``dict(type='BN')``.
        init_cfg (dict | list[dict], optional): Defaults to He initialization
            for convolutions.

    Raises:
        ValueError: If a stage does not exist, or the input is too small for
            the stages.
    """

    #: The blocks and the channels of each stage.
    STAGES = ((3, 32), (4, 64), (3, 128), (3, 256), (1, 256))

    def __init__(
        self,
        out_indices: Sequence[int] = (4, ),
        pad: bool = False,
        frozen_stages: int = -1,
        conv_cfg: Optional[dict] = None,
        norm_cfg: dict = dict(type='BN'),
        init_cfg: Optional[Union[dict, List[dict]]] = dict(type='Kaiming',
                                                           layer='Conv2d')
    ) -> None:
        super().__init__(init_cfg)
        if not out_indices or not set(out_indices) <= {*range(5)}:
            raise ValueError('out_indices must be numbers from 0 to 4, got '
                             f'{out_indices!r}')
        self.out_indices, self.pad = tuple(out_indices), pad
        self.frozen_stages = frozen_stages
        channels = self.STAGES[0][1]
        self.conv1 = build_conv_layer(conv_cfg,
                                      3,
                                      channels,
                                      7,
                                      stride=2,
                                      padding=3 * pad,
                                      bias=False)
        self.bn1 = build_norm_layer(norm_cfg, channels)[1]
        self.layers = nn.ModuleList()
        for stage, (blocks,
                    width) in enumerate(self.STAGES[:max(out_indices) + 1]):
            layer = []
            for i in range(blocks):
                stride = 2 if stage and not i else 1
                layer.append(
                    DlibBlock(channels, width, stride, pad, conv_cfg,
                              norm_cfg))
                channels = width
            self.layers.append(nn.Sequential(*layer))
        for part in self._frozen():
            part.requires_grad_(False)

    def _frozen(self) -> List[nn.Module]:
        """Return the parts that are not trained."""
        if self.frozen_stages < 0:
            return []
        return [self.conv1, self.bn1, *self.layers[:self.frozen_stages]]

    def train(self, mode: bool = True) -> 'DlibResNet':
        """Set the mode; frozen parts stay in evaluation."""
        super().train(mode)
        for part in self._frozen():
            part.eval()
        return self

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """Maps of the chosen stages.

        Args:
            x (Tensor): Faces, ``(N, 3, H, W)``.

        Returns:
            tuple[Tensor]: A map ``(N, C, H', W')`` of each chosen stage, with
            32, 64, 128, 256 and 256 channels.
        """
        self._check_size(x.shape[-2:])
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.max_pool2d(x, 3, 2, padding=1 if self.pad else 0)
        maps = []
        for stage, layer in enumerate(self.layers):
            x = layer(x)
            if stage in self.out_indices:
                maps.append(x)
        return tuple(maps)

    def _check_size(self, size: Sequence[int]) -> None:
        # The convolution that halves the last map sees three pixels at least,
        # and each map before is twice as wide; then pooling and stem.
        halvings = len(self.layers) - 1
        pooled = 3 * 2**(halvings - 1) if halvings else 1
        least = 1 if self.pad else 4 * pooled + 7
        if min(size) < least:
            raise ValueError(
                f'{len(self.layers)} stages without padding need inputs of '
                f'{least} px or more, got {tuple(size)}. Hint: pad=True, or '
                'fewer stages by out_indices')
