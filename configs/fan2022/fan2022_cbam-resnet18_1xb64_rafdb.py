_base_ = [
    '../_base_/models/fan2022_cbam-resnet18.py',
    '../_base_/datasets/rafdb_noise-or-flip.py',
    '../_base_/schedules/adam_exp_60e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md; the attention
# is not in the file and starts fresh.
init_weights = dict(
    checkpoint='weights/resnet18_msceleb.pth', fresh=['cbam'])

custom_hooks = [*_base_.custom_hooks, dict(type='ClassCountHook')]
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'head.fc': dict(lr_mult=10)}))
