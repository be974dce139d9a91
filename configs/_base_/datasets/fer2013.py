_base_ = ['face224.py']

faces = dict(type='FER2013', data_root='data/fer2013')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
