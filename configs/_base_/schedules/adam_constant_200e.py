# A constant rate for tiny networks.
optim_wrapper = dict(optimizer=dict(type='Adam', lr=2e-4))
train_cfg = dict(by_epoch=True, max_epochs=200, val_interval=200)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=256)
