# Margins, and class weights of effective numbers from four fifths of the
# epochs on.
_base_ = ['cri_resnet18_1xb64_ferplus64-lt100.py']

model = dict(
    head=dict(
        loss=dict(
            _delete_=True, type='LDAMLoss', weighting='effective_number')))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='PhaseHook', weighting=dict(begin=0.8, end=0.8)),
]
