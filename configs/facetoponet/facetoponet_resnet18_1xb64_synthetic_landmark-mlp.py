# Landmarks alone, all at once.
_base_ = ['facetoponet_resnet18_1xb64_synthetic.py']

model = dict(
    backbone=dict(_delete_=True, type='LandmarkMLP', channels=(256, 256)),
    neck=None,
    head=dict(
        _delete_=True,
        type='LinearClsHead',
        num_classes=8,
        in_channels=256,
        loss=dict(type='CrossEntropyLoss')))
custom_hooks = [
    hook for hook in _base_.custom_hooks if hook['type'] != 'LandmarkTreeHook'
]
