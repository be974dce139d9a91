# Class weights and mixed labels turn to the rare classes between half and four
# fifths of the epochs. The method's loss and augment are told the class counts.
_base_ = ['default_runtime.py']

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='ClassCountHook'),
    dict(type='PhaseHook', weighting=dict(), mixing=dict(power=3.)),
]
