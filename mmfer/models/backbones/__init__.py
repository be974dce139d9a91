# Copyright (c) mmfer contributors.
from .cbam_resnet import CBAMResNet
from .ceil_pool_resnet import CeilPoolResNet
from .clip_backbone import ClipBackbone
from .densenet3d import DenseNet3D
from .frame_pooling import FramePooling
from .i3d import I3D
from .off_apex_net import OffApexNet
from .p3d import P3D
from .r3d import R3D
from .recurrent_conv_net import RecurrentConvNet
from .ststnet import STSTNet
from .torchvision_video_net import TorchvisionVideoNet

__all__ = [
    'CBAMResNet',
    'CeilPoolResNet',
    'ClipBackbone',
    'DenseNet3D',
    'FramePooling',
    'I3D',
    'OffApexNet',
    'P3D',
    'R3D',
    'RecurrentConvNet',
    'STSTNet',
    'TorchvisionVideoNet',
]
