_base_ = [
    '../_base_/models/transfer_ir50_vit-small.py',
    '../_base_/datasets/rafdb_112px.py',
    '../_base_/schedules/sgd_step_40e.py',
    '../_base_/default_runtime.py',
]

# MS-Celeb-1M and ImageNet weights, see ../apvit/README.md.
init_weights = [
    dict(checkpoint='weights/ir50_ms1m.pth', target='backbone'),
    dict(
        checkpoint='weights/vit_small_p16.pth',
        target='neck.1',
        fresh=['patch_embed']),
]

load, crop, flip, pack = _base_.train_pipeline
train_pipeline = [
    load, crop, flip,
    dict(
        type='RandAugment',
        policies='timm_increasing',
        num_policies=2,
        magnitude_level=5),
    dict(
        type='RandomErasing',
        max_area_ratio=0.4,
        fill_color=(103.53, 116.28, 123.675)), pack
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(
    _delete_=True, type='MultiStepLR', milestones=[15, 30], gamma=0.1)
auto_scale_lr = dict(base_batch_size=64)
