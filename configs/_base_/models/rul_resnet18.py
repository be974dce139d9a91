model = dict(
    type='FERClassifier',
    backbone=dict(type='ResNet', depth=18),
    head=dict(
        type='UncertaintyMixingHead',
        num_classes=7,
        in_channels=512,
        feat_size=7,
        loss=dict(type='AddUpLoss')))

# SCN's relabeling, of the 30 % of a batch that are most uncertain, for runs
# with label noise: model = dict(label_bank=_base_.relabeling).
relabeling = dict(
    type='LabelBank',
    num_classes=7,
    correction=dict(
        type='MarginRelabeling', margin=0.2, scope='low', ratio=0.7))
