_base_ = ['clip112.py', 'dfme.py']

train_dataloader = dict(dataset=dict(split='train', **_base_.clips))
val_dataloader = dict(dataset=dict(split='test_a', **_base_.clips))
test_dataloader = val_dataloader
