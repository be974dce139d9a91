# 40 % of the training labels are wrong.
_base_ = ['ulc-ag_resnet18_1xb64_synthetic.py']

train_dataloader = dict(
    dataset=dict(noise=dict(type='SymmetricNoise', ratio=0.4, seed=0)))
