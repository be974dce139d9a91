# Control: the same patches and parameters, all patches weighted alike.
_base_ = ['uapl_resnet18_1xb64_synthetic-occluded.py']

model = dict(neck=dict(sharpness=0.))
