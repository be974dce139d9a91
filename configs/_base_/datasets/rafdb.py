_base_ = ['face224.py']

faces = dict(type='RAFDB', data_root='data/rafdb')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='test', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
