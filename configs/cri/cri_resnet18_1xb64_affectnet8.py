_base_ = ['cri_resnet18_1xb64_rafdb.py']

model = dict(head=dict(num_classes=8))
data_preprocessor = dict(
    augments=[dict(type='BatchRemix', alpha=1., num_classes=8)])
faces = dict(
    type='AffectNet',
    data_root='data/affectnet',
    label_space='affectnet8')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))
