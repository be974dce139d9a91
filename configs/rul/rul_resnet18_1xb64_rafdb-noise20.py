# 20 % of the training labels are wrong; SCN's relabeling corrects some.
_base_ = ['rul_resnet18_1xb64_rafdb-noise10.py']

train_dataloader = dict(dataset=dict(noise=dict(ratio=0.2)))
