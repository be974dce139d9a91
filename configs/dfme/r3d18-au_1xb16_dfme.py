# Action units beside expressions.
_base_ = [
    '../_base_/models/r3d18_au.py',
    '../_base_/datasets/dfme_clip112.py',
    '../_base_/r3d18_kinetics.py',
]

model = dict(head=dict(task_heads=dict(au=dict(au_set='dfme'))))
val_evaluator = [dict(type='FERMetric'), dict(type='AUMetric')]
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='au/f1'))
