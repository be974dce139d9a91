model = dict(
    type='FERClassifier',
    backbone=dict(type='ResNet', depth=18),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='ImportanceHead',
        num_classes=7,
        in_channels=512,
        # The margin for batches of 64.
        rank=dict(type='RankRegularizationLoss', ratio=0.7, margin=0.07)),
    label_bank=dict(
        type='LabelBank',
        num_classes=7,
        correction=dict(
            type='MarginRelabeling', margin=0.2, scope='low', ratio=0.7)))
