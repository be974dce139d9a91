# Action units, valence and arousal from landmarks alone. Trained on drawn
# faces, it labels real ones: see docs/auxiliary.md.
_base_ = [
    '../_base_/datasets/synthetic.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

# The jitter is about the error of what finds landmarks in photographs.
model = dict(
    type='FERClassifier',
    backbone=dict(
        type='LandmarkMLP', channels=(64, ), upright=True, jitter=0.05),
    head=dict(
        type='MultiTaskFERHead',
        num_classes=8,
        in_channels=64,
        task_heads=dict(
            expr=dict(type='LinearClsHead'),
            au=dict(
                type='AUHead',
                au_set='synthetic',
                loss=dict(type='ActionUnitLoss', threshold=0.5)),
            va=dict(type='VAHead'))))
custom_hooks = [*_base_.custom_hooks, dict(type='KnownLandmarksHook')]

train_dataloader = dict(drop_last=True)
val_evaluator = [
    dict(type='FERMetric'),
    dict(type='AUMetric'),
    dict(type='VAMetric')
]
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(T_max=20)
train_cfg = dict(max_epochs=20, val_interval=20)
