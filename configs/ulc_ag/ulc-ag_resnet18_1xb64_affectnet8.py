_base_ = ['ulc-ag_resnet18_1xb64_rafdb.py']

model = dict(head=dict(num_classes=8), label_bank=dict(num_classes=8))
openface = dict(_base_.openface, path='data/affectnet-openface')
faces = dict(type='AffectNet', data_root='data/affectnet')
train_dataloader = dict(dataset=dict(auxiliary=openface, **faces))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
