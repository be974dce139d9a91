_base_ = ['../_base_/ferplus_64px_noise30.py']

model = dict(
    neck=None,
    head=dict(
        _delete_=True,
        type='UncertaintyMixingHead',
        num_classes=8,
        in_channels=256,
        feat_size=4,
        loss=dict(type='AddUpLoss')))
