model = dict(
    type='FERClassifier',
    backbone=dict(type='STSTNet'),
    head=dict(
        type='LinearClsHead',
        num_classes=3,
        in_channels=400,
        init_cfg=None,  # PyTorch's own, as the released code
        loss=dict(type='CrossEntropyLoss')))
