# Our recipe: flow without the motion and the scale of the whole face, mirrors
# in training and testing, logits adjusted for the class frequencies.
_base_ = ['ststnet_loso_megc2019.py']

load, resize, _ = _base_.pipeline
pipeline = [
    load, resize,
    dict(type='StandardizeFlow'),
    dict(type='PackClipInputs'),
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=pipeline)))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))
# Blue, green, red of the file: strain, downward, to the right.
data_preprocessor = dict(
    mean=(25, 0, 0),
    std=(32, 1, 1),
    augments=[dict(type='BatchFlowFlip', channel=2, level=0)])
model = dict(
    flip_test=True,
    mirror_signs=(1, 1, -1),
    head=dict(loss=dict(_delete_=True, type='LogitAdjustedLoss', tau=0.5)))

optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_cfg = dict(max_epochs=30, val_interval=30)
custom_hooks = [*_base_.custom_hooks, dict(type='ClassCountHook')]
default_hooks = dict(checkpoint=dict(interval=30))
