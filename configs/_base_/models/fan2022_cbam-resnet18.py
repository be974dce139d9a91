_base_ = ['rul_resnet18.py']

model = dict(
    backbone=dict(type='CBAMResNet'),
    head=dict(loss=dict(weighting='inverse')))
