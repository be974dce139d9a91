# Real faces, every other one of the evaluated faces behind a mask, sunglasses or
# a hand; training faces as they are, erased at random. Clean labels and no
# neighbors: only what the patches are worth.
_base_ = [
    '../_base_/models/uapl_resnet18.py', '../_base_/ferplus_48px_noise30.py'
]

model = dict(
    backbone=dict(_base_.stride16_scratch, out_indices=(1, 2)),
    neck=dict(in_channels=(128, 256), out_channels=256),
    head=dict(num_classes=8, in_channels=256))

load, affine, flip, _, pack = _base_.train_pipeline
data_preprocessor = dict(augments=[_base_.erasing])
train_dataloader = dict(
    dataset=dict(noise=None, pipeline=[load, affine, flip, pack]))
load, resize, pack = _base_.test_pipeline
occlude = dict(type='PasteOccluder', prob=0.5, seed=0)
test_pipeline = [load, resize, occlude, pack]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_evaluator = [_base_.val_evaluator, dict(type='OcclusionMetric')]
test_evaluator = val_evaluator
