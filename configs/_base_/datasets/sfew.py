_base_ = ['face224.py']

faces = dict(type='SFEW', data_root='data/sfew')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
