# One fold of ten for tools/train.py; tools/cross_validate.py makes its own.
_base_ = ['clip112.py']

clips = dict(
    type='CASME2',
    data_root='data/casme2',
    auxiliary=dict(
        type='CSVLabels',
        path='data/casme2/faces.csv',
        targets=['landmarks']))
train_dataloader = dict(dataset=dict(split='train', **clips))
val_dataloader = dict(dataset=dict(split='test', **clips))
test_dataloader = val_dataloader
