_base_ = ['fan2022_cbam-resnet18_1xb64_rafdb.py']

model = dict(head=dict(num_classes=8))
faces = dict(type='FERPlus', data_root='data/ferplus')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
