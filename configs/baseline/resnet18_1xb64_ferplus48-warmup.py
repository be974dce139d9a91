# The start of `ferplus_48px_noise30.py`: cross entropy on the other faces of
# FERPlus' training set, 30 % of whose labels are wrong as well.
_base_ = ['resnet18_1xb64_ferplus48-noise30.py']

init_weights = 'random'

optim_wrapper = dict(optimizer=dict(lr=0.05))
train_dataloader = dict(dataset=dict(indices=-21045))
param_scheduler = dict(eta_max=0.05, total_steps=5)
train_cfg = dict(max_epochs=5, dynamic_intervals=[(1, 1)])
