_base_ = ['apvit_ir50-vit-small_1xb128_rafdb.py']

faces = dict(
    type='AffectNet', data_root='data/affectnet', label_space='affectnet7')
train_dataloader = dict(dataset=dict(dataset=faces))
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
