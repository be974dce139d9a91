model = dict(
    type='FERClassifier',
    backbone=dict(type='ResNet', depth=18),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='MultiTaskFERHead',
        num_classes=7,
        in_channels=512,
        task_heads=dict(
            expr=dict(
                type='ImportanceHead',
                loss=dict(type='BatchBalancedCrossEntropyLoss'),
                rank=dict(
                    type='RankRegularizationLoss', ratio=0.7, margin=0.07)),
            # OpenFace's units but blinking.
            au=dict(
                type='AUGraphHead',
                au_set=[
                    1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26
                ],
                semantic_loss=dict(type='BatchBalancedCrossEntropyLoss')),
            template=dict(
                type='TemplateHead',
                templates=dict(type='TemplateBank', in_channels=512))),
        task_weights=dict(au=0.5)),
    label_bank=dict(
        type='LabelBank',
        num_classes=7,
        max_changes=0.05,
        min_skill=0.25,
        min_stability=0.75,
        correction=dict(
            type='SimilarityRelabeling', margin=0.2, low_ratio=0.3)))
