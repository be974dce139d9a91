# Without relabelling.
_base_ = ['mtac_resnet18_1xb64_ferplus48-noise30.py']

model = dict(
    label_bank=dict(min_skill=0., min_stability=0., correction=None))
