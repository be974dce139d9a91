# Landmarks belong to a picture: those of pictures with several faces are
# unknown, see docs/auxiliary.md.
_base_ = [
    '../_base_/models/facetoponet_resnet18.py',
    '../_base_/datasets/expw.py',
    '../_base_/landmark_tree.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = dict(
    checkpoint='weights/resnet18_msceleb.pth',
    target='backbone.streams.texture.backbone',
    source='backbone')

landmarks = dict(
    type='OpenFaceLabels', path='data/expw-openface', targets=('landmarks', ))
train_dataloader = dict(drop_last=True, dataset=dict(auxiliary=landmarks))
val_dataloader = dict(dataset=dict(auxiliary=landmarks))
test_dataloader = dict(dataset=dict(auxiliary=landmarks))

optim_wrapper = dict(optimizer=dict(lr=3e-4))
