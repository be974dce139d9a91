# A face recognition network whose 14x14 patches go through a transformer.
vit_small = dict(
    type='PoolingVisionTransformer',
    # The small one of old: 768 wide, as its ImageNet weights.
    arch=dict(
        embed_dims=768,
        num_layers=8,
        num_heads=8,
        feedforward_channels=2304),
    img_size=14,
    patch_size=1,
    in_channels=256,
    qkv_bias=False,
    interpolate_mode='bilinear')
model = dict(
    type='FERClassifier',
    backbone=dict(type='IRNet', depth=50, out_indices=(2, )),
    neck=vit_small,
    head=dict(
        type='LinearClsHead',
        num_classes=7,
        in_channels=768,
        loss=dict(type='CrossEntropyLoss'),
        init_cfg=dict(type='Constant', layer='Linear', val=0)))
