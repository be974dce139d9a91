# Without the picture: the tree over landmarks alone.
_base_ = ['facetoponet_resnet18_1xb64_synthetic.py']

model = dict(
    backbone=dict(
        streams=dict(
            _delete_=True,
            structure=dict(type='StructureStream', **_base_.lstm))),
    neck=None,
    head=dict(
        _delete_=True,
        type='LinearClsHead',
        num_classes=8,
        in_channels=256,
        loss=dict(type='CrossEntropyLoss')))
