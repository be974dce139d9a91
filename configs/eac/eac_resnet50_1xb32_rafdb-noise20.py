# 20 % of the training labels are wrong.
_base_ = ['eac_resnet50_1xb32_rafdb-independent.py']

train_dataloader = dict(
    dataset=dict(noise=dict(type='SymmetricNoise', ratio=0.2, seed=0)))
