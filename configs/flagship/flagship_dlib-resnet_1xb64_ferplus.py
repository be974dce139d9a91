_base_ = [
    '../_base_/models/dlib-resnet_multi-task.py',
    '../_base_/ferplus_dlib-resnet.py',
]

model = dict(flip_test=True)

# In gray, augmented as whole batches.
gray = dict(type='RandomGrayscale', prob=1., keep_channels=True)
affine, flip, erase = _base_.train_pipeline[1:4]
data_preprocessor = dict(augments=[
    dict(type='BatchGray', prob=1.), dict(affine, type='BatchAffine'),
    dict(flip, type='BatchFlip'),
    dict(type='BatchColorJitter', brightness=0.3, contrast=0.3),
    dict(erase, type='BatchErasing')])
# A fifth of the training set validates. README.md says how to pack the faces.
packed = dict(type='PackedFER', split='train', label_space='ferplus',
              pipeline=[dict(type='PackFERInputs')])
folds = dict(type='FoldDataset', num_folds=5, seed=0)
train_dataloader = dict(num_workers=1, dataset=dict(
    _delete_=True, type='ConcatDataset', ignore_keys=['au_names'], datasets=[
        dict(packed, data_root='data/packed/synthetic-train-48'),
        # Contempt and disgust come four times, fear twice.
        dict(type='ClassBalancedDataset', oversample_thr=0.07, dataset=dict(
            folds, dataset=dict(
                packed, data_root='data/packed/ferplus-train-48')))]))
load, resize, pack = _base_.test_pipeline
pipeline = [load, resize, gray, pack]
val_dataloader = dict(num_workers=1, dataset=dict(
    folds, _delete_=True, held_out=True, dataset=dict(
        type='FERPlus', data_root='data/ferplus', split='train',
        test_mode=True, pipeline=pipeline)))
test_dataloader = dict(dataset=dict(split='valid', pipeline=pipeline))

optim_wrapper = dict(optimizer=dict(nesterov=True))
schedule = dict(by_epoch=True, convert_to_iter_based=True)
param_scheduler = [
    dict(schedule, type='LinearLR', start_factor=0.1, end=1),
    dict(schedule, type='CosineAnnealingLR', begin=1, T_max=7),
]
train_cfg = dict(max_epochs=8, val_interval=4)
custom_hooks = [*_base_.custom_hooks, dict(type='EMAHook', momentum=0.002)]
