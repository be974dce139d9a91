_base_ = ['resnet18_1xb64_ferplus64-lt100.py']

train_dataloader = dict(dataset=dict(imbalance_factor=50))
