# DFME as flow pictures (u, v, strain) from onset to apex, 28 px, ten
# subject-disjoint folds. tools/dataset_tools/cache_flow.py fills cache_dir.
_base_ = ['dfme_clips.py']

read_flow = [
    dict(type='OpenClip'),
    dict(type='OnsetApexFrames'),
    dict(
        type='ReadFlow',
        transforms=[dict(type='FaceResize', size=112)],
        cache_dir='data/flow/dfme'),
]
train_pipeline = [
    *read_flow,
    dict(type='FaceFlip', prob=0.5),
    dict(type='FaceResize', size=28),
    dict(type='FlowStrain'),
    dict(type='PackClipInputs'),
]
test_pipeline = [
    *read_flow,
    dict(type='FaceResize', size=28),
    dict(type='FlowStrain'),
    dict(type='PackClipInputs'),
]
# Displacements in pixels; a standard deviation of one is our choice.
data_preprocessor = dict(to_rgb=False, mean=[0, 0, 0], std=[1, 1, 1])
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
