# The tree over landmarks alone, its weights random at first.
_base_ = ['facetoponet_resnet18_1xb64_synthetic_structure.py']

model = dict(backbone=dict(order=dict(start='random')))
