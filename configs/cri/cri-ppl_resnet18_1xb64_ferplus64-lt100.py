# Class weights and mixed labels that turn smoothly to the rare classes.
_base_ = ['cri_resnet18_1xb64_ferplus64-lt100.py']

data_preprocessor = dict(
    augments=[dict(type='BatchRemix', alpha=1., num_classes=8)])
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='PhaseHook', weighting=dict(), mixing=dict(power=3.)),
]
