# Copyright (c) mmfer contributors.
from .cbam_resnet import CBAMResNet
from .ceil_pool_resnet import CeilPoolResNet
from .ir_net import IRNet
from .landmark_mlp import LandmarkMLP
from .landmark_net import LandmarkNet
from .pooling_vision_transformer import PoolingVisionTransformer
from .thin_resnet import ThinResNet

__all__ = [
    'CBAMResNet',
    'CeilPoolResNet',
    'IRNet',
    'LandmarkMLP',
    'LandmarkNet',
    'PoolingVisionTransformer',
    'ThinResNet',
]
