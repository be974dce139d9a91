# Copyright (c) mmfer contributors.
from .cbam_resnet import CBAMResNet
from .ceil_pool_resnet import CeilPoolResNet
from .thin_resnet import ThinResNet

__all__ = [
    'CBAMResNet',
    'CeilPoolResNet',
    'ThinResNet',
]
