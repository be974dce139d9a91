optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05, fused=True))
param_scheduler = dict(
    type='OneCycleLR',
    eta_max=1e-3,
    total_steps=24,
    by_epoch=True,
    convert_to_iter_based=True)
# Every fourth epoch, then the last five.
train_cfg = dict(
    by_epoch=True,
    max_epochs=24,
    val_interval=4,
    dynamic_intervals=[(20, 1)])
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=64)
