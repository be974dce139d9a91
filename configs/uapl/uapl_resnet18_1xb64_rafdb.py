_base_ = [
    '../_base_/models/uapl_resnet18.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/adam_exp_60e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

# Shifted by up to 8 pixels; erased as a batch, which records what.
load, resize, flip, _, pack = _base_.train_pipeline
move = dict(type='FaceAffine', shift=8 / 224)
train_pipeline = [load, resize, move, flip, pack]
data_preprocessor = dict(augments=[_base_.erasing])
# Intensities and landmarks as OpenFace 2 finds them, see docs/auxiliary.md.
openface = dict(
    type='OpenFaceLabels',
    path='data/rafdb-openface',
    targets=('au', 'landmarks'),
    intensity=True)
train_dataloader = dict(
    drop_last=True,
    dataset=dict(pipeline=train_pipeline, auxiliary=openface))

# Made by tools/dataset_tools/build_neighbors.py, see README.md.
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='NeighborBankHook',
        file='data/neighbors/rafdb-au_lm.npz',
        space='au_lm',
        start_epoch=4),
]

optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.0))
param_scheduler = dict(
    _delete_=True,
    type='MultiStepLR',
    milestones=[10, 20, 40],
    gamma=0.1,
    by_epoch=True)
