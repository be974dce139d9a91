_base_ = ['fan2022_cbam-resnet18_1xb64_rafdb.py']

# FERPlus' training set, in its order of classes.
counts = (8733, 7284, 3136, 3022, 2098, 116, 536, 120)
model = dict(head=dict(num_classes=8, loss=dict(class_counts=counts)))
faces = dict(type='FERPlus', data_root='data/ferplus')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
