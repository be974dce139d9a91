optim_wrapper = dict(
    optimizer=dict(
        type='SGD', lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4))
param_scheduler = dict(
    type='OneCycleLR',
    eta_max=0.05,
    pct_start=0.2,
    total_steps=36,
    by_epoch=True,
    convert_to_iter_based=True)
# Every fourth epoch, then the last five.
train_cfg = dict(
    by_epoch=True,
    max_epochs=36,
    val_interval=4,
    dynamic_intervals=[(32, 1)])
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)
