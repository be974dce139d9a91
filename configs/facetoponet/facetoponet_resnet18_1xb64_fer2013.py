# Landmarks are laid over image files, which the folder form has.
_base_ = ['facetoponet_resnet18_1xb64_rafdb.py']

faces = dict(
    type='FER2013',
    data_root='data/fer2013',
    layout='folders',
    auxiliary=dict(_base_.landmarks, path='data/fer2013-openface'))
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='test', **faces))
