# Trained on the distribution of the annotators' votes.
_base_ = ['resnet18_1xb64_ferplus-scratch64-majority.py']

model = dict(head=dict(loss=dict(use_soft=True)))
train_dataloader = dict(dataset=dict(target='distribution'))
