# The multi-task set of Aff-Wild2: expressions, action units, VA.
_base_ = ['face224.py']

faces = dict(type='AffWild2', data_root='data/affwild2', challenge='MTL')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
