_base_ = [
    '../_base_/models/eac_resnet50.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/adam_exp_60e.py',
    '../_base_/default_runtime.py',
]

# ResNet-50 trained on VGGFace2, see README.md.
init_weights = 'weights/resnet50_vggface2.pth'

# The second view is the mirror of the first: no other mirroring.
load, resize, _, erase, pack = _base_.train_pipeline
noise = dict(type='FaceGaussianNoise', prob=0.5)
train_pipeline = [load, noise, resize, erase, pack]
train_dataloader = dict(
    batch_size=32, dataset=dict(pipeline=train_pipeline))

optim_wrapper = dict(optimizer=dict(lr=1e-4))
auto_scale_lr = dict(base_batch_size=32)
