_base_ = ['akt_resnet18_1xb64_rafdb.py']

faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(
    dataset=faces, sampler=dict(_delete_=True, type='ClassBalancedSampler'))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
