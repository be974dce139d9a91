_base_ = ['uapl_resnet18_1xb64_rafdb.py']

# 0.28 GiB of each checkpoint are the bank's.
model = dict(head=dict(bank=dict(feature_dtype='float16')))

faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(
    dataset=dict(auxiliary=None, **faces),
    sampler=dict(_delete_=True, type='ClassBalancedSampler'))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))

# The set has valence and arousal of its own.
*hooks, neighbors = _base_.custom_hooks
custom_hooks = [
    *hooks,
    dict(neighbors, file='data/neighbors/affectnet7-va.npz', space='va'),
]

optim_wrapper = dict(optimizer=dict(lr=3e-4))
param_scheduler = dict(milestones=[5, 10, 20], gamma=0.2)
