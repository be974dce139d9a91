# FERPlus at 64 px, near its native 48, for training from scratch on a CPU.
_base_ = ['ferplus.py']

load, resize, flip, erase, pack = _base_.train_pipeline
train_pipeline = [
    load,
    dict(type='FaceAffine', size=64, shift=0.1, scale=0.15, rotate=15),
    flip,
    dict(erase, erase_prob=0.25, fill_color=(128, 128, 128)),
    pack,
]
test_pipeline = [load, dict(resize, size=64), pack]
# The pictures are grey.
data_preprocessor = dict(
    mean=(128, 128, 128), std=(64, 64, 64), to_rgb=False)

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=128, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
