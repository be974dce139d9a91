# Without the tree: landmarks in the order of their numbers.
_base_ = ['facetoponet_resnet18_1xb64_synthetic.py']

model = dict(backbone=dict(order=dict(_delete_=True, type='LandmarkOrder')))
custom_hooks = [
    hook for hook in _base_.custom_hooks if hook['type'] != 'LandmarkTreeHook'
]
