# The official tree of CK+ with its own landmarks; CK+48 has none.
_base_ = [
    '../_base_/models/facetoponet_resnet18.py',
    '../_base_/datasets/ckplus.py',
    '../_base_/landmark_tree.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = dict(
    checkpoint='weights/resnet18_msceleb.pth',
    target='backbone.streams.texture.backbone',
    source='backbone')

train_dataloader = dict(drop_last=True)
optim_wrapper = dict(optimizer=dict(lr=3e-4))
