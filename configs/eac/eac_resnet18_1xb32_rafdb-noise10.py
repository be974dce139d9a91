# 10 % of the training labels are wrong.
_base_ = ['eac_resnet18_1xb32_rafdb-independent.py']

train_dataloader = dict(
    dataset=dict(noise=dict(type='SymmetricNoise', ratio=0.1, seed=0)))
