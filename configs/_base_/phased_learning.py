# Class weights and mixed labels turn to the rare classes between half and four
# fifths of the epochs; loss and augment of the method are told the counts.
_base_ = ['default_runtime.py']

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='ClassCountHook'),
    dict(type='PhaseHook', weighting=dict(), mixing=dict(power=3.)),
]
