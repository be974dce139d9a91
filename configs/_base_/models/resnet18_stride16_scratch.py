_base_ = ['resnet18.py', '../backbones/stride16_scratch.py']

model = dict(
    backbone=_base_.stride16_scratch,
    head=dict(in_channels=256, init_cfg=[]))
