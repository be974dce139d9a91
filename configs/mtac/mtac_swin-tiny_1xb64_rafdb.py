# Laid over a Swin transformer.
_base_ = ['mtac_resnet18_1xb64_rafdb.py']

# ImageNet weights from MMPretrain.
init_weights = 'https://download.openmmlab.com/mmclassification/v0/swin-transformer/swin_tiny_224_b16x64_300e_imagenet_20210616_090925-66df6be6.pth'  # noqa: E501

model = dict(
    backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        arch='tiny',
        img_size=224,
        drop_path_rate=0.2),
    head=dict(in_channels=768))
