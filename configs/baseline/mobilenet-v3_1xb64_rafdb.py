_base_ = ['resnet18_1xb64_rafdb.py']

# ImageNet weights from MMPretrain.
init_weights = 'https://download.openmmlab.com/mmclassification/v0/mobilenet_v3/mobilenet-v3-large_8xb128_in1k_20221114-0ed9ed9a.pth'  # noqa: E501

model = dict(
    backbone=dict(_delete_=True, type='MobileNetV3', arch='large'),
    head=dict(in_channels=960))
