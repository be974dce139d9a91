# Without relabelling.
_base_ = ['ulc-ag_resnet18_1xb64_rafdb.py']

model = dict(label_bank=dict(correction=None))
