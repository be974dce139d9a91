# Weakly supervised: action units, valence and arousal from landmarks, by a
# network that has seen drawn faces only; see docs/noise.md.
_base_ = [
    '../_base_/models/mtac_resnet18.py', '../_base_/ferplus_48px_noise30.py'
]

model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(num_classes=8, in_channels=256),
    # A tenth of the usual epochs, so that more may change in each.
    label_bank=dict(num_classes=8, max_changes=0.1))
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
    dict(type='TaskRampHook', ramps=dict(au=1, va=1, template=1)),
    dict(type='AUGraphHook'),
]
