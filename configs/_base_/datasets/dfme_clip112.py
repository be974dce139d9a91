_base_ = ['clip112.py']

clips = dict(
    type='DFME',
    data_root='data/dfme',
    auxiliary=dict(
        type='CSVLabels',
        path='data/dfme/faces.csv',
        targets=['landmarks']))
train_dataloader = dict(dataset=dict(split='train', **clips))
val_dataloader = dict(dataset=dict(split='test_a', **clips))
test_dataloader = val_dataloader
