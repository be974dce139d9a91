_base_ = ['apvit_ir50-vit-small_1xb128_rafdb.py']

model = dict(head=dict(num_classes=8))
faces = dict(type='FERPlus', data_root='data/ferplus', label_space=None)
train_dataloader = dict(dataset=dict(dataset=faces))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
