# The crops of 48 px, with landmarks that dlib finds in them: see README.md.
# Made for a CPU: narrow networks, 260 steps.
_base_ = [
    '../_base_/models/facetoponet_resnet18_narrow.py',
    '../_base_/datasets/ckplus48.py',
    '../_base_/landmark_tree.py',
]

init_weights = 'random'

load, resize, flip, erase, pack = _base_.train_pipeline
resize = dict(resize, size=112)
landmarks = dict(
    auxiliary=dict(
        type='CSVLabels',
        path='data/ckplus48-landmarks.csv',
        targets=['landmarks'],
        detector='dlib, 68 points'))
train_dataloader = dict(
    drop_last=True,
    dataset=dict(pipeline=[load, resize, flip, erase, pack], **landmarks))
test = dict(pipeline=[load, resize, pack], **landmarks)
val_dataloader = dict(dataset=test)
test_dataloader = dict(dataset=test)
train_cfg = dict(max_epochs=20)
param_scheduler = dict(T_max=20)
optim_wrapper = dict(optimizer=dict(lr=2e-3))
