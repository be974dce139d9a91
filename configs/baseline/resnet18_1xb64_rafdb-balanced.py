# Classes drawn with equal probability; the loss stays as it is.
_base_ = ['resnet18_1xb64_rafdb.py']

train_dataloader = dict(
    sampler=dict(_delete_=True, type='ClassBalancedSampler'))
