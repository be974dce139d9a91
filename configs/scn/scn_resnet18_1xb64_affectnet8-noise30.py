# 30 % of the training labels are wrong.
_base_ = ['scn_resnet18_1xb64_affectnet8.py']

train_dataloader = dict(
    dataset=dict(noise=dict(type='SymmetricNoise', ratio=0.3, seed=0)))
