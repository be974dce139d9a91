# The attention is added to a trained network, whose features nearly all of
# its gates let pass at the start.
_base_ = ['rul_resnet18.py']

model = dict(
    backbone=dict(type='CBAMResNet', start=0.95),
    head=dict(loss=dict(weighting='inverse')))
