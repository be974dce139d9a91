_base_ = ['ststnet_loso_megc2019.py']

model = dict(
    backbone=dict(_delete_=True, type='OffApexNet'),
    head=dict(in_channels=1024))
