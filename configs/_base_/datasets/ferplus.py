_base_ = ['face224.py']

faces = dict(type='FERPlus', data_root='data/ferplus')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
