# The augmentation of MMPretrain's stock pipeline, on whole batches of packed
# faces: what docs/results/speed.md compares with stock. Packed at 64 px, or
# at any other size, by `data_root`.
_base_ = [
    '../_base_/models/resnet18.py',
    '../_base_/datasets/ferplus_64px_packed.py',
    '../_base_/schedules/sgd_onecycle_36e.py',
    '../_base_/default_runtime.py',
]

init_weights = 'random'

# The fast settings for a CPU, in evaluation too (`fp16` is bfloat16 there).
model = dict(
    backbone=dict(conv_cfg=dict(type='SmallMapConv2d')),
    head=dict(num_classes=8))
val_cfg = dict(fp16=True)
test_cfg = dict(fp16=True)
optim_wrapper = dict(type='AutocastOptimWrapper')
data_preprocessor = dict(augments=[
    dict(type='BatchFlip'),
    dict(
        type='BatchColorJitter', brightness=0.4, contrast=0.4, saturation=0.4),
    dict(
        type='BatchErasing', erase_prob=0.5, min_area_ratio=0.02,
        max_area_ratio=0.25, mode='const', fill_color=(128, 128, 128)),
])
train_dataloader = dict(
    dataset=dict(data_root='data/packed/ferplus-train-64', targets=()))
