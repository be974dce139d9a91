_base_ = [
    '../_base_/models/resnet18.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# ImageNet weights from MMPretrain.
init_weights = 'https://download.openmmlab.com/mmclassification/v0/convnext/convnext-tiny_32xb128_in1k_20221207-998cf3e9.pth'  # noqa: E501

model = dict(
    backbone=dict(
        _delete_=True, type='ConvNeXt', arch='tiny', drop_path_rate=0.1),
    neck=None,
    head=dict(in_channels=768))
