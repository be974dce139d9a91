_base_ = ['resnet18_1xb64_rafdb.py']

# ImageNet weights from timm.
init_weights = dict(
    _delete_=True,
    checkpoint='https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/tf_efficientnet_lite0-0aa007d2.pth',  # noqa: E501
    target='backbone.timm_model')

model = dict(
    backbone=dict(
        _delete_=True,
        type='TIMMBackbone',
        model_name='tf_efficientnet_lite0'),
    head=dict(in_channels=1280))
