# 10 % of the training labels are wrong.
_base_ = ['ulc-ag_resnet18_1xb64_rafdb.py']

train_dataloader = dict(
    dataset=dict(noise=dict(type='SymmetricNoise', ratio=0.1, seed=0)))
