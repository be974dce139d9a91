# A constant rate for tiny networks.
optim_wrapper = dict(optimizer=dict(type='Adam', lr=5e-5))
train_cfg = dict(by_epoch=True, max_epochs=800, val_interval=800)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=256)
