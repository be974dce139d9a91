# Flow from onset to apex as pictures (u, v, strain), held in memory. One fold
# of ten for tools/train.py; tools/cross_validate.py makes its own.
pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceResize', size=28),
    dict(type='PackFERInputs'),
]
flow = dict(
    type='MEGC2019',
    data_root='data/megc2019',
    picture='uvos_img',
    pipeline=pipeline)
# As OpenCV reads them, 0 to 255.
data_preprocessor = dict(
    type='FERDataPreprocessor', mean=(0, 0, 0), std=(1, 1, 1), to_rgb=False)

train_dataloader = dict(
    batch_size=256,
    num_workers=0,
    collate_fn=dict(type='fer_collate'),
    dataset=dict(type='InMemoryDataset', dataset=dict(split='train', **flow)),
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=256,
    num_workers=0,
    collate_fn=dict(type='fer_collate'),
    dataset=dict(split='test', test_mode=True, **flow),
    sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = val_dataloader
val_evaluator = dict(type='FERMetric')
test_evaluator = val_evaluator
