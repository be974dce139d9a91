_base_ = ['ststnet_loso_megc2019.py']

model = dict(
    backbone=dict(_delete_=True, type='RecurrentConvNet', channels=32),
    head=dict(
        _delete_=True,
        type='ClassEvidenceHead',
        num_classes=3,
        in_channels=32))
