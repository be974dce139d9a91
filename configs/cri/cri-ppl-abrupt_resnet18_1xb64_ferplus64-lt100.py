# Class weights and mixed labels that turn to the rare classes in one step.
_base_ = ['cri-ppl_resnet18_1xb64_ferplus64-lt100.py']

step = dict(begin=0.8, end=0.8)
custom_hooks = [
    *(hook for hook in _base_.custom_hooks if hook['type'] != 'PhaseHook'),
    dict(type='PhaseHook', weighting=step, mixing=step),
]
