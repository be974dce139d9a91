_base_ = ['../_base_/models/mtac_resnet18.py', '../_base_/synthetic_64px.py']

model = dict(
    backbone=_base_.stride16_scratch,
    head=dict(
        num_classes=8,
        in_channels=256,
        task_heads=dict(
            au=dict(
                au_set='synthetic',
                loss=dict(type='ActionUnitLoss', threshold=0.5)))),
    # A fifth of the usual epochs, so that more may change in each.
    label_bank=dict(num_classes=8, max_changes=0.1))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='TemplateHook'),
    dict(type='LabelCorrectionHook'),
    dict(type='TaskRampHook', ramps=dict(au=3, va=3, template=3)),
    dict(type='AUGraphHook'),
]
val_evaluator = [
    *_base_.val_evaluator,
    dict(type='AUMetric'),
    dict(type='VAMetric'),
]
test_evaluator = val_evaluator
