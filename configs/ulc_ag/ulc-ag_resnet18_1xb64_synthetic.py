_base_ = [
    '../_base_/models/ulc-ag_resnet18.py',
    '../_base_/datasets/synthetic.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/template_relabeling.py',
]

# Drawn faces need no face weights.
init_weights = 'random'

model = dict(
    backbone=dict(zero_init_residual=False),
    head=dict(
        num_classes=8,
        task_heads=dict(
            au=dict(
                au_set='synthetic',
                loss=dict(type='ActionUnitLoss', threshold=0.5)))),
    label_bank=dict(num_classes=8))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_dataloader = dict(drop_last=True)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='TaskRampHook', ramps=dict(au=6)),
    dict(type='AUGraphHook'),
]
val_evaluator = [
    *_base_.val_evaluator,
    dict(type='AUMetric'),
]
test_evaluator = val_evaluator
