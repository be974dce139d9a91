# One ground on which remedies for rare classes are compared on a CPU: faces of
# FERPlus at 64 px whose class counts fall exponentially from 1,500 to 15,
# random weights. The models take `stride16_scratch` for their backbones.
_base_ = [
    'backbones/stride16_scratch.py',
    'datasets/ferplus_64px.py',
    'schedules/sgd_onecycle_36e.py',
    'default_runtime.py',
]

init_weights = 'random'

optim_wrapper = dict(type='AutocastOptimWrapper')
train_dataloader = dict(
    drop_last=True,
    dataset=dict(
        _delete_=True,
        type='LongTailedDataset',
        imbalance_factor=100,
        max_count=1500,
        dataset=_base_.train_dataloader.dataset))
val_evaluator = dict(
    groups=dict(
        many=('neutral', 'happiness', 'surprise'),
        medium=('sadness', 'anger'),
        few=('fear', 'contempt', 'disgust')))
test_evaluator = val_evaluator
param_scheduler = dict(total_steps=12)
train_cfg = dict(max_epochs=12, dynamic_intervals=[(10, 1)])
