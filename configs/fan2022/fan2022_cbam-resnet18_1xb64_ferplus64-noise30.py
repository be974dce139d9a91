_base_ = ['../_base_/ferplus_64px_noise30.py']

# The given, noisy labels of these faces, in FERPlus' order of classes.
counts = (1636, 1441, 685, 739, 589, 259, 353, 298)
model = dict(
    backbone=dict(type='CBAMResNet'),
    neck=None,
    head=dict(
        _delete_=True,
        type='UncertaintyMixingHead',
        num_classes=8,
        in_channels=256,
        feat_size=4,
        loss=dict(
            type='AddUpLoss', weighting='inverse', class_counts=counts)))
