_base_ = ['eac_resnet50_1xb32_rafdb.py']

faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(
    dataset=faces, sampler=dict(_delete_=True, type='ClassBalancedSampler'))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))

# DAN's schedule on this set: the rate falls to a hundredth in 10 epochs.
param_scheduler = dict(gamma=0.6)
train_cfg = dict(max_epochs=10)
