# Copyright (c) mmfer contributors.
from .cbam_resnet import CBAMResNet
from .ceil_pool_resnet import CeilPoolResNet

__all__ = [
    'CBAMResNet',
    'CeilPoolResNet',
]
