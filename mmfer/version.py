# Copyright (c) mmfer contributors.
"""The version of mmfer, and those of the packages that it needs; imports
nothing."""
__version__ = '0.1.0'

# import name -> (name to install, least version, first version not supported)
PACKAGES = dict(
    torch=('torch', '2.6.0', None),
    torchvision=('torchvision', '0.21.0', None),
    mmengine=('mmengine', '0.10.6', '1.0.0'),
    mmcv=('mmcv-lite', '2.0.0', '2.4.0'),
    mmpretrain=('mmpretrain', '1.2.0', '2.0.0'))
