_base_ = [
    '../_base_/models/ststnet.py',
    '../_base_/datasets/megc2019_flow28.py',
    '../_base_/default_runtime.py',
    '../_base_/schedules/adam_constant_200e.py',
]

init_weights = 'random'

# An epoch takes milliseconds; the log keeps to start and end.
default_hooks = dict(
    timer=None, logger=None, checkpoint=dict(interval=200))
