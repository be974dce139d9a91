_base_ = ['ulc-ag_resnet18_1xb64_rafdb.py']

model = dict(head=dict(num_classes=8), label_bank=dict(num_classes=8))
openface = dict(_base_.openface, path='data/affectnet-openface')
faces = dict(type='AffectNet', data_root='data/affectnet')
train_dataloader = dict(dataset=dict(auxiliary=openface, **faces))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))

# 10 epochs of 288,000 images; the rate falls as in DAN's schedule on this set.
param_scheduler = dict(gamma=0.6)
train_cfg = dict(max_epochs=10)
*hooks, correction, ramp, graph = _base_.custom_hooks
custom_hooks = [
    *hooks,
    dict(correction, start_epoch=2),
    dict(ramp, ramps=dict(au=1)), graph
]
