# How a tree of landmarks is learnt: slowly, since all that reads it must
# follow; found anew at the start of each epoch, and kept after a third of
# them. A stop where no landmark is known.
_base_ = ['default_runtime.py', 'schedules/adamw_cosine_40e.py']

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='KnownLandmarksHook'),
    dict(type='LandmarkTreeHook', until=0.3),
]
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(edge_weights=dict(lr_mult=0.1))))
