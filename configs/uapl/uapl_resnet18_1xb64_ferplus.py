_base_ = ['uapl_resnet18_1xb64_rafdb.py']

model = dict(head=dict(num_classes=8))
faces = dict(type='FERPlus', data_root='data/ferplus')
openface = dict(_base_.openface, path='data/ferplus-openface')
train_dataloader = dict(dataset=dict(auxiliary=openface, **faces))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))

*hooks, neighbors = _base_.custom_hooks
custom_hooks = [
    *hooks,
    dict(neighbors, file='data/neighbors/ferplus-au_lm.npz'),
]
