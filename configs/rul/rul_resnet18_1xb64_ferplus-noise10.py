# 10 % of the training labels are wrong; SCN's relabeling corrects some.
_base_ = ['rul_resnet18_1xb64_ferplus.py']

model = dict(label_bank=dict(_base_.relabeling, num_classes=8))
train_dataloader = dict(
    dataset=dict(noise=dict(type='SymmetricNoise', ratio=0.1, seed=0)))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='LabelCorrectionHook', start_epoch=10),
]
