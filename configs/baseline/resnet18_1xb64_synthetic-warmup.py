# The start of the other configs on drawn faces: cross entropy on other faces.
_base_ = ['resnet18_1xb64_synthetic.py']

init_weights = 'random'

train_dataloader = dict(dataset=dict(seed=1))
param_scheduler = dict(T_max=6)
train_cfg = dict(max_epochs=6)
