# Each view is erased by itself, the released code's way for noisy labels.
_base_ = ['eac_resnet50_1xb32_rafdb.py']

load, noise, resize, erase, pack = _base_.train_pipeline
mirror = dict(type='FaceFlip', prob=1.0)
views = dict(
    type='FaceViews',
    views=[[noise, resize, erase], [mirror, resize, erase]])
model = dict(mirror_view=False)
train_dataloader = dict(dataset=dict(pipeline=[load, views, pack]))
