_base_ = [
    '../_base_/models/scn_resnet18.py',
    '../_base_/datasets/rafdb_noise-or-flip.py',
    '../_base_/schedules/adam_exp_60e.py',
    '../_base_/label_correction.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_cfg = dict(max_epochs=70)
