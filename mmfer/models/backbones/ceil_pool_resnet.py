# Copyright (c) mmfer contributors.
from typing import Any

from mmpretrain.models.backbones import ResNet
from torch import nn

from mmfer.registry import MODELS


@MODELS.register_module()
class CeilPoolResNet(ResNet):
    """A ResNet as Caffe built it, for the VGGFace2 weights.

    MMPretrain's ResNet in its style ``caffe`` (the stride of a bottleneck is
    in its first convolution), and the pooling of the stem rounds the size of
    its output up instead of padding its input.

    Args:
        depth (int): Depth of the network. Defaults to 50.
        style (str): Defaults to ``'caffe'``.
        **kwargs: See ``mmpretrain.models.ResNet``.
    """

    def __init__(self,
                 depth: int = 50,
                 style: str = 'caffe',
                 **kwargs: Any) -> None:
        super().__init__(depth, style=style, **kwargs)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=0, ceil_mode=True)
