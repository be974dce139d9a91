# As ferplus_64px.py from packed faces, augmented as whole batches.
# tools/dataset_tools/pack.py
#   configs/baseline/resnet18_1xb64_ferplus-scratch64.py
#   --split train --size 48
#   --split valid --size 64
_base_ = ['ferplus_64px.py']

affine, flip, erase = _base_.train_pipeline[1:4]
data_preprocessor = dict(augments=[
    dict(affine, type='BatchAffine'),
    dict(flip, type='BatchFlip'),
    dict(erase, type='BatchErasing'),
])
faces = dict(
    _delete_=True,
    type='PackedFER',
    label_space='ferplus',
    pipeline=[dict(type='PackFERInputs')])
train_dataloader = dict(
    num_workers=1,
    dataset=dict(
        faces, data_root='data/packed/ferplus-train-48', split='train'))
val_dataloader = dict(
    num_workers=1,
    dataset=dict(
        faces,
        data_root='data/packed/ferplus-valid-64',
        split='valid',
        test_mode=True))
