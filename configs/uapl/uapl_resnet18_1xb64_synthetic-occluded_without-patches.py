# The same without patch attention.
_base_ = ['uapl_resnet18_1xb64_synthetic-occluded.py']

model = dict(
    backbone=dict(out_indices=(2, )),
    neck=dict(_delete_=True, type='GlobalAveragePooling'),
    head=dict(region=None, visibility=None))
