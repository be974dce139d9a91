model = dict(
    type='FERClassifier',
    backbone=dict(type='CBAMResNet', depth=18),
    head=dict(
        type='UncertaintyMixingHead',
        num_classes=7,
        in_channels=512,
        feat_size=7,
        loss=dict(type='AddUpLoss', weighting='inverse')))
