model = dict(
    type='FERClassifier',
    backbone=dict(
        type='LandmarkNet',
        num_landmarks=68,
        # The walk begins at the tip of the nose; neighbours are near at first.
        order=dict(
            type='LandmarkTree',
            root=30,
            traversal='preorder',
            start='distance'),
        streams=dict(
            structure=dict(type='StructureStream', hidden_channels=256),
            texture=dict(
                type='TextureStream',
                backbone=dict(type='ResNet', depth=18),
                in_channels=512,
                patch_size=32,
                hidden_channels=256))),
    neck=dict(type='StreamFusion', in_channels=(256, 256), out_channels=256),
    head=dict(
        type='DeepSupervisionHead',
        num_classes=7,
        in_channels=256,
        aux_channels=(256, 256)))
