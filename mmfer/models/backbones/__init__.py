# Copyright (c) mmfer contributors.
from .cbam_resnet import CBAMResNet
from .ceil_pool_resnet import CeilPoolResNet
from .landmark_mlp import LandmarkMLP
from .landmark_net import LandmarkNet

__all__ = [
    'CBAMResNet',
    'CeilPoolResNet',
    'LandmarkMLP',
    'LandmarkNet',
]
