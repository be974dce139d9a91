_base_ = [
    '../_base_/models/apvit_ir50_vit-small.py',
    '../_base_/datasets/rafdb_112px_augmented.py',
    '../_base_/schedules/sgd_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# MS-Celeb-1M and ImageNet weights, see README.md.
init_weights = [
    dict(checkpoint='weights/ir50_ms1m.pth', target='backbone'),
    dict(
        checkpoint='weights/vit_small_p16.pth',
        target='neck',
        fresh=['patch_embed']),
]

# Rare expressions up to three times an epoch. The order of classes is that of
# the released checkpoint.
faces = dict(
    type='RAFDB',
    data_root='data/rafdb',
    label_space=[
        'anger', 'disgust', 'fear', 'sadness', 'happiness', 'surprise',
        'neutral'
    ])
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        _delete_=True,
        type='ClassBalancedDataset',
        oversample_thr=0.15,
        dataset=dict(
            split='train', pipeline=_base_.train_pipeline, **faces)))
val_dataloader = dict(dataset=faces)
test_dataloader = dict(dataset=faces)

optim_wrapper = dict(optimizer=dict(lr=1e-3), clip_grad=dict(max_norm=10.))
param_scheduler = dict(convert_to_iter_based=False)
auto_scale_lr = dict(base_batch_size=128)
