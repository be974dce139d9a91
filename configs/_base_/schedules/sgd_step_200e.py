# That of long-tailed CIFAR in the released code of CRI.
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=2e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.2, end=5, by_epoch=True),
    dict(type='MultiStepLR', milestones=[160, 180], gamma=0.1, by_epoch=True),
]
train_cfg = dict(by_epoch=True, max_epochs=200, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=128)
