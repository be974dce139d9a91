_base_ = [
    '../_base_/models/scn_resnet18.py', '../_base_/ferplus_dlib-resnet.py'
]

model = dict(
    backbone=dict(_base_.dlib_resnet, _delete_=True),
    head=dict(num_classes=8, in_channels=256),
    label_bank=dict(num_classes=8))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='LabelCorrectionHook', start_epoch=5),
]
