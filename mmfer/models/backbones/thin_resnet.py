# Copyright (c) mmfer contributors.
from typing import Any

import torch
from mmpretrain.models.backbones import ResNet_CIFAR
from mmpretrain.models.backbones.resnet import BasicBlock
from torch import nn
from torch.nn.functional import pad

from mmfer.registry import MODELS


class PadShortcut(nn.Module):
    """A shortcut without weights: some of the pixels, and empty channels.

    Option A of `ResNet <https://arxiv.org/abs/1512.03385>`_.

    Args:
        channels (int): How many are added in all, half of them before and
            half after the others; of an odd number one more after.
        stride (int): From one pixel that is taken to the next. Defaults to
            2.
    """

    def __init__(self, channels: int, stride: int = 2) -> None:
        super().__init__()
        self.before = channels // 2
        self.after = channels - self.before
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, C, H, W)`` to ``(N, C + channels, H / s, W / s)`` with the
        stride s, rounded up."""
        return pad(x[:, :, ::self.stride, ::self.stride],
                   (0, 0, 0, 0, self.before, self.after))


@MODELS.register_module()
class ThinResNet(ResNet_CIFAR):
    """The ResNets for CIFAR of the paper on ResNet.

    Three stages of 16, 32 and 64 channels, with shortcuts without weights;
    MMPretrain's ``ResNet_CIFAR`` has the four stages and widths of those for
    ImageNet. A ResNet-32 has 0.46 million weights.

    Args:
        depth (int): 20, 32, 44, 56 or 110. Defaults to 32.
        init_cfg (Any): Defaults to He's initialisation by the inputs of a
            convolution, as in the released code of LDAM.
        **kwargs: See ``mmpretrain.models.ResNet_CIFAR``.

    Raises:
        KeyError: If the depth is unknown.
    """

    arch_settings = {
        6 * number + 2: (BasicBlock, (number, ) * 3)
        for number in (3, 5, 7, 9, 18)
    }

    def __init__(self,
                 depth: int = 32,
                 init_cfg: Any = dict(
                     type='Kaiming', layer='Conv2d', mode='fan_in'),
                 **kwargs: Any) -> None:
        settings = dict(
            stem_channels=16,
            base_channels=16,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            out_indices=(2, ),
            zero_init_residual=False)
        super().__init__(depth, init_cfg=init_cfg, **{**settings, **kwargs})

    def make_res_layer(self, **kwargs: Any) -> nn.Sequential:
        """One stage, see ``mmpretrain.models.ResNet``."""
        layer = super().make_res_layer(**kwargs)
        if layer[0].downsample is not None:
            layer[0].downsample = PadShortcut(
                kwargs['out_channels'] - kwargs['in_channels'],
                kwargs['stride'])
        return layer
