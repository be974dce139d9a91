_base_ = ['eac_resnet50_1xb32_rafdb.py']

faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(
    dataset=faces, sampler=dict(_delete_=True, type='ClassBalancedSampler'))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
