# One fold of ten for tools/train.py; tools/cross_validate.py makes its own.
_base_ = ['clip112.py']

clips = dict(
    type='SAMM',
    data_root='data/samm',
    auxiliary=dict(
        type='CSVLabels',
        path='data/samm/faces.csv',
        targets=['landmarks']))
train_dataloader = dict(dataset=dict(split='train', **clips))
val_dataloader = dict(dataset=dict(split='test', **clips))
test_dataloader = val_dataloader
