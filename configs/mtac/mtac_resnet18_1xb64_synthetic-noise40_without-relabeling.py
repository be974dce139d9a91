# Without relabelling.
_base_ = ['mtac_resnet18_1xb64_synthetic-noise40.py']

model = dict(label_bank=dict(posterior_momentum=0., correction=None))
