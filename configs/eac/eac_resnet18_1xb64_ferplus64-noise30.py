_base_ = ['../_base_/ferplus_64px_noise30.py']

# Each view is erased by itself, the released code's way for noisy labels.
load, affine, _, erase, pack = _base_.train_pipeline
mirror = dict(type='FaceFlip', prob=1.0)
views = dict(type='FaceViews', views=[[erase], [mirror, erase]])
train_dataloader = dict(dataset=dict(pipeline=[load, affine, views, pack]))
model = dict(
    neck=None,
    head=dict(
        _delete_=True,
        type='AttentionConsistencyHead',
        num_classes=8,
        in_channels=256,
        consistency=dict(type='AttentionConsistencyLoss', loss_weight=5.0)))
