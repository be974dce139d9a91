# Fully supervised: expression, 12 action units, valence and arousal.
_base_ = [
    '../_base_/models/mtac_resnet18.py',
    '../_base_/datasets/affwild2.py',
    '../_base_/schedules/adam_exp_60e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

model = dict(
    head=dict(num_classes=8, task_heads=dict(au=dict(au_set='affwild2'))),
    label_bank=dict(num_classes=8))
train_dataloader = dict(drop_last=True)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='TemplateHook'),
    dict(type='LabelCorrectionHook'),
    dict(type='TaskRampHook', ramps=dict(au=6, va=6, template=6)),
    dict(type='AUGraphHook'),
]
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10))))
val_evaluator = [
    dict(type='FERMetric'),
    dict(type='AUMetric'),
    dict(type='VAMetric'),
    dict(type='MultiTaskScore'),
]
test_evaluator = val_evaluator
