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
