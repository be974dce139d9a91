# Flow from onset to apex; tools/dataset_tools/cache_flow.py fills the cache.
_base_ = [
    '../_base_/models/ststnet.py',
    '../_base_/datasets/megc2019_flow28.py',
    '../_base_/datasets/dfme.py',
    '../_base_/default_runtime.py',
    '../_base_/schedules/adam_constant_200e.py',
]

init_weights = 'random'

# An epoch takes milliseconds; the log keeps to start and end.
default_hooks = dict(
    timer=None, logger=None, checkpoint=dict(interval=200))

model = dict(head=dict(num_classes=7))
pipeline = [
    dict(type='OpenClip'),
    dict(type='OnsetApexFrames'),
    dict(
        type='ReadFlow',
        transforms=[dict(type='FaceAlign', recipe='rafdb100', size=112)],
        cache_dir='data/dfme/flow112'),
    dict(type='FaceResize', size=28),
    dict(type='FlowStrain', stretch=True),
    dict(type='PackClipInputs'),
]
data_preprocessor = dict(type='ClipDataPreprocessor')
clips = dict(pipeline=pipeline, **_base_.clips)
train_dataloader = dict(
    dataset=dict(dataset=dict(_delete_=True, split='train', **clips)))
test = dict(split='test_a', test_mode=True, **clips)
val_dataloader = dict(dataset=dict(_delete_=True, **test))
test_dataloader = val_dataloader
