_base_ = ['fan2022_cbam-resnet18_1xb64_rafdb.py']

# AffectNet's training set, in its order of classes.
counts = (74874, 134415, 25459, 14090, 6378, 3803, 24882)
model = dict(head=dict(loss=dict(class_counts=counts)))
faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet7')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
