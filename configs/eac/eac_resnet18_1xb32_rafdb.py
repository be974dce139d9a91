_base_ = ['eac_resnet50_1xb32_rafdb.py']

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

model = dict(
    backbone=dict(_delete_=True, type='ResNet', depth=18),
    head=dict(in_channels=512))
optim_wrapper = dict(optimizer=dict(lr=2e-4))
