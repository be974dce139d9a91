# Action units of a network on landmarks, see docs/auxiliary.md.
_base_ = [
    '../_base_/models/mtac_resnet18.py', '../_base_/ferplus_dlib-resnet.py'
]

model = dict(
    backbone=dict(_base_.dlib_resnet, _delete_=True),
    head=dict(num_classes=8, in_channels=256),
    label_bank=dict(num_classes=8))
train_dataloader = dict(
    dataset=dict(
        auxiliary=dict(
            type='CSVLabels',
            path='data/ferplus-landmark-au.csv',
            targets=('au', 'va'),
            aus=_base_.model.head.task_heads.au.au_set,
            detector='landmark-mlp-au_1xb64_synthetic')))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='TemplateHook'),
    dict(type='LabelCorrectionHook'),
    dict(type='TaskRampHook', ramps=dict(au=2, va=2, template=2)),
    dict(type='AUGraphHook'),
]
