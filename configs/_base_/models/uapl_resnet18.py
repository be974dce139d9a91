# Erases by one color of its own for each face, last of all augments: what it
# records teaches gates and weights which patches are covered. Configs take it
# as `data_preprocessor = dict(augments=[_base_.erasing])`, in place of erasing
# in the pipeline.
erasing = dict(
    type='BatchErasing', min_area_ratio=0.1, max_area_ratio=0.35, mode='plain')

model = dict(
    type='FERClassifier',
    # Patches are cut from the third stage, the fourth sees the whole face.
    backbone=dict(type='ResNet', depth=18, out_indices=(2, 3)),
    neck=dict(type='PatchAttention', in_channels=(256, 512), patches='grid4'),
    head=dict(
        type='DistributionCalibrationHead',
        num_classes=7,
        in_channels=512,
        bank=dict(type='NeighborBank', momentum=0.9),
        guidance=dict(type='NeighborGuidanceLoss', loss_weight=0.1),
        region=dict(type='RegionBiasLoss', margin=0.1, loss_weight=0.1),
        visibility=dict(type='PatchVisibilityLoss'),
        centers=dict(type='WeightedCenterLoss', loss_weight=0.01)))
