# The start of what weighs samples by a learnt importance, which from random
# weights soon trusts none: cross entropy on other drawn faces.
_base_ = ['resnet18_1xb64_synthetic.py']

train_dataloader = dict(dataset=dict(seed=1))
param_scheduler = dict(T_max=6)
train_cfg = dict(max_epochs=6)
