# Action units beside expressions, on all clips.
_base_ = [
    '../_base_/models/r3d18_au.py',
    '../_base_/datasets/samm_clip112.py',
    '../_base_/r3d18_kinetics.py',
]

model = dict(
    head=dict(num_classes=8, task_heads=dict(au=dict(au_set='samm'))))
val_evaluator = [dict(type='FERMetric'), dict(type='AUMetric')]
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='au/f1'))
