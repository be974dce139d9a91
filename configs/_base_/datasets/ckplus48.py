_base_ = ['face224.py']

faces = dict(type='CKPlus48', data_root='data/ck48', fold=0)
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='test', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
