# Landmarks alone, all at once.
_base_ = ['facetoponet_resnet18_1xb64_synthetic.py']

model = dict(
    backbone=dict(_delete_=True, type='LandmarkMLP', channels=(256, 256)),
    neck=None)
custom_hooks = [
    hook for hook in _base_.custom_hooks if hook['type'] != 'LandmarkTreeHook'
]
