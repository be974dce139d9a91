# Copyright (c) mmfer contributors.
from .cbam_resnet import CBAMResNet
from .ceil_pool_resnet import CeilPoolResNet
from .clip_backbone import ClipBackbone
from .densenet3d import DenseNet3D
from .dlib_resnet import DlibResNet
from .frame_pooling import FramePooling
from .i3d import I3D
from .ir_net import IRNet
from .landmark_mlp import LandmarkMLP
from .landmark_net import LandmarkNet
from .off_apex_net import OffApexNet
from .p3d import P3D
from .pooling_vision_transformer import PoolingVisionTransformer
from .r3d import R3D
from .recurrent_conv_net import RecurrentConvNet
from .ststnet import STSTNet
from .thin_resnet import ThinResNet
from .torchvision_video_net import TorchvisionVideoNet

__all__ = [
    'CBAMResNet',
    'CeilPoolResNet',
    'ClipBackbone',
    'DenseNet3D',
    'DlibResNet',
    'FramePooling',
    'I3D',
    'IRNet',
    'LandmarkMLP',
    'LandmarkNet',
    'OffApexNet',
    'P3D',
    'PoolingVisionTransformer',
    'R3D',
    'RecurrentConvNet',
    'STSTNet',
    'ThinResNet',
    'TorchvisionVideoNet',
]
