# Without relabelling.
_base_ = ['ulc-ag_resnet18_1xb64_rafdb.py']

model = dict(
    label_bank=dict(min_skill=0., min_stability=0., correction=None))
