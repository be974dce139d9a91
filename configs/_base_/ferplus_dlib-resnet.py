# FERPlus for dlib's face recognition network. The models take `dlib_resnet`
# for their backbones: four stages, 4.4 million parameters, maps of 4x4.
_base_ = [
    'datasets/ferplus.py',
    'schedules/sgd_cosine_40e.py',
    'default_runtime.py',
]

dlib_resnet = dict(type='DlibResNet', out_indices=(3, ))
# From the package of the extra `landmarks`, nothing to download.
init_weights = dict(checkpoint='dlib', calibrate=256)

load, resize, flip, erase, pack = _base_.train_pipeline
train_pipeline = [
    load,
    dict(type='FaceAffine', size=150, shift=0.1, scale=0.15, rotate=15),
    flip,
    dict(erase, erase_prob=0.25, fill_color=(128, 128, 128)),
    pack,
]
test_pipeline = [load, dict(resize, size=150), pack]
data_preprocessor = dict(mean=(122.782, 117.001, 104.298), std=(256, ) * 3)
train_dataloader = dict(drop_last=True, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))

param_scheduler = dict(T_max=10)
train_cfg = dict(max_epochs=10)
