# Classes drawn equally often, instead of by the method's own means alone.
_base_ = ['mtac_resnet18_1xb64_affectnet7.py']

train_dataloader = dict(
    sampler=dict(_delete_=True, type='ClassBalancedSampler'))
