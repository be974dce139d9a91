_base_ = [
    '../_base_/models/fan2022_cbam-resnet18.py',
    '../_base_/ferplus_48px_noise30.py'
]

init_weights = dict(
    _delete_=True,
    checkpoint=_base_.init_weights,
    fresh=['cbam'])

# The given, noisy labels of these faces, in FERPlus' order of classes.
counts = (1130, 970, 443, 511, 360, 171, 223, 192)
model = dict(
    flip_test=True,
    backbone=_base_.stride16_scratch,
    head=dict(
        num_classes=8,
        in_channels=256,
        feat_size=3,
        loss=dict(class_counts=counts)))
