_base_ = [
    '../_base_/models/mtac_resnet18.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/adam_exp_60e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

# Action units as OpenFace 2 finds them, see docs/auxiliary.md.
openface = dict(
    type='OpenFaceLabels',
    path='data/rafdb-openface',
    aus=[1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26])
# Valence and arousal as another model finds them.
emotions = dict(
    type='CSVLabels', path='data/rafdb-va.csv', targets=('va', ))
train_dataloader = dict(
    drop_last=True, dataset=dict(auxiliary=[openface, emotions]))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='TemplateHook'),
    dict(type='LabelCorrectionHook'),
    dict(type='TaskRampHook', ramps=dict(au=6, va=6, template=6)),
    dict(type='AUGraphHook'),
]
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10))))
