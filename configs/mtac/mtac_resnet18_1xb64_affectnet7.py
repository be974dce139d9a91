# Fully supervised as far as the dataset goes: valence and arousal by people,
# no action units, whose graph is learnt.
_base_ = ['mtac_resnet18_1xb64_rafdb.py']

model = dict(
    head=dict(task_heads=dict(au=dict(adjacency='learned'))))
faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(dataset=dict(auxiliary=None, **faces))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
val_evaluator = [dict(type='FERMetric'), dict(type='VAMetric')]
test_evaluator = val_evaluator

# 10 epochs of 284,000 images; the rate falls as in DAN's schedule on this set.
param_scheduler = dict(gamma=0.6)
train_cfg = dict(max_epochs=10)
*hooks, ramp, graph = _base_.custom_hooks
custom_hooks = [
    *hooks,
    dict(ramp, ramps=dict(au=1, va=1, template=1)), graph
]
