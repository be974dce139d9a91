# Action units beside expressions.
_base_ = ['r3d18_1xb16_dfme.py']

model = dict(
    head=dict(
        _delete_=True,
        type='MultiTaskFERHead',
        num_classes=7,
        in_channels=512,
        task_heads=dict(
            expr=dict(type='LinearClsHead'),
            au=dict(type='AUHead', au_set='dfme'))))
val_evaluator = [dict(type='FERMetric'), dict(type='AUMetric')]
test_evaluator = val_evaluator
