# Classes drawn equally often, instead of by the method's own means alone.
_base_ = ['ulc-ag_resnet18_1xb64_affectnet8.py']

train_dataloader = dict(
    sampler=dict(_delete_=True, type='ClassBalancedSampler'))
