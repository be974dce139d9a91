_base_ = ['fan2022_cbam-resnet18_1xb64_rafdb.py']

faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))

# DAN's schedule on this set: the rate falls to a hundredth in 10 epochs.
param_scheduler = dict(gamma=0.6)
train_cfg = dict(max_epochs=10)
