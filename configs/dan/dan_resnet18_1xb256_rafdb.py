_base_ = [
    '../_base_/models/dan_resnet18.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/sgd_step_40e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

# A fifth of the faces is rotated and shifted by up to 32 pixels.
load, resize, flip, erase, pack = _base_.train_pipeline
move = dict(type='FaceAffine', rotate=20, shift=0.143, prob=0.2)
train_pipeline = [load, resize, flip, move, erase, pack]
train_dataloader = dict(
    batch_size=256, drop_last=True, dataset=dict(pipeline=train_pipeline))
