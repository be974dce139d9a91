model = dict(
    type='TwoBranchClassifier',
    backbone=dict(type='ResNet', depth=18),
    head=dict(type='ClassAttentionHead', num_classes=7, in_channels=512),
    attention=dict(
        type='AttentionConsistencyLoss',
        mirrored=False,
        normalization='l2',
        loss_weight=1.0),
    soft_label=dict(
        type='SoftLabelAlignmentLoss',
        temperature=2.0,
        label_share=0.5,
        loss_weight=0.5))
