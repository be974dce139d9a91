_base_ = ['eac_resnet50_1xb32_affectnet7.py']

model = dict(head=dict(num_classes=8))
train_dataloader = dict(dataset=dict(label_space='affectnet8'))
val_dataloader = dict(dataset=dict(label_space='affectnet8'))
test_dataloader = dict(dataset=dict(label_space='affectnet8'))
