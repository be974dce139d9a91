_base_ = ['../_base_/ferplus_64px_noise30.py']

model = dict(
    head=dict(
        _delete_=True,
        type='ImportanceHead',
        num_classes=8,
        in_channels=256,
        rank=dict(type='RankRegularizationLoss', ratio=0.7, margin=0.07)),
    label_bank=dict(
        type='LabelBank',
        num_classes=8,
        correction=dict(
            type='MarginRelabeling', margin=0.2, scope='low', ratio=0.7)))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='LabelCorrectionHook', start_epoch=5),
]
