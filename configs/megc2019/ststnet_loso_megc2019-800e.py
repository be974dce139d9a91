# The recipe of the authors' code: a quarter of the rate, four times as long.
_base_ = ['ststnet_loso_megc2019.py']

optim_wrapper = dict(optimizer=dict(lr=5e-5))
train_cfg = dict(max_epochs=800, val_interval=800)
default_hooks = dict(checkpoint=dict(interval=800))
