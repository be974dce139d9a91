_base_ = ['face224.py']

faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet8')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
