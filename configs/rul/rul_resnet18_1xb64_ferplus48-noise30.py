_base_ = ['rul_resnet18_1xb64_ferplus48-noise30_without-relabeling.py']

model = dict(label_bank=dict(_base_.relabeling, num_classes=8))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='LabelCorrectionHook', start_epoch=3),
]
