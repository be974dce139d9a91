_base_ = [
    '../_base_/models/eac_resnet50.py', '../_base_/ferplus_dlib-resnet.py'
]

model = dict(
    backbone=dict(_base_.dlib_resnet, _delete_=True),
    head=dict(num_classes=8, in_channels=256))
