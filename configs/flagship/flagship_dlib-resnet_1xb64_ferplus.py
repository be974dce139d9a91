# Expressions from the votes of FERPlus, action units, valence and arousal from
# synthetic faces. A fifth of FERPlus' training set is held out for choices and
# calibration; README.md says how to pack the faces.
_base_ = ['../_base_/ferplus_dlib-resnet.py']

model = dict(
    type='FERClassifier',
    flip_test=True,
    # Stem and first stage keep what they know of faces.
    backbone=dict(type='DlibResNet', out_indices=(3, ), frozen_stages=1),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='MultiTaskFERHead',
        num_classes=8,
        in_channels=256,
        task_heads=dict(
            expr=dict(
                type='LinearClsHead',
                loss=dict(type='CrossEntropyLoss', use_soft=True)),
            au=dict(type='AUHead', au_set='synthetic'),
            va=dict(type='VAHead')),
        task_weights=dict(au=0.5, va=0.25)))

# Both sets are trained and tested in gray.
load, resize, pack = _base_.test_pipeline
gray = dict(type='RandomGrayscale', prob=1., keep_channels=True)
affine, flip, erase = _base_.train_pipeline[1:4]
data_preprocessor = dict(augments=[
    dict(type='BatchGray', prob=1.),
    dict(affine, type='BatchAffine'),
    dict(flip, type='BatchFlip'),
    dict(type='BatchColorJitter', brightness=0.3, contrast=0.3),
    dict(erase, type='BatchErasing'),
])
packed = dict(type='PackedFER', split='train', label_space='ferplus',
              pipeline=[dict(type='PackFERInputs')])
real = dict(type='FoldDataset', num_folds=5, seed=0)
train_dataloader = dict(num_workers=1, dataset=dict(
    _delete_=True, type='ConcatDataset', ignore_keys=['au_names'],
    datasets=[
        dict(packed, data_root='data/packed/synthetic-train-48'),
        # Contempt and disgust come four times, fear twice.
        dict(type='ClassBalancedDataset', oversample_thr=0.07, dataset=dict(
            real, dataset=dict(
                packed, data_root='data/packed/ferplus-train-48'))),
    ]))
val_dataloader = dict(num_workers=1, dataset=dict(
    _delete_=True, held_out=True, dataset=dict(
        type='FERPlus', data_root='data/ferplus', split='train',
        test_mode=True, pipeline=[load, resize, gray, pack]), **real))
test_dataloader = dict(dataset=dict(
    split='valid', pipeline=[load, resize, gray, pack]))

optim_wrapper = dict(
    optimizer=dict(nesterov=True),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=5))))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=1, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', begin=1, T_max=7, by_epoch=True,
         convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=8, val_interval=4)
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='EMAHook', momentum=0.002),
]
