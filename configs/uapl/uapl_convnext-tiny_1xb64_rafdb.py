# Another network as backbone; ours, not the paper's.
_base_ = ['uapl_resnet18_1xb64_rafdb.py']

# ImageNet weights from MMPretrain.
init_weights = 'https://download.openmmlab.com/mmclassification/v0/convnext/convnext-tiny_32xb128_in1k_20221207-998cf3e9.pth'  # noqa: E501

model = dict(
    backbone=dict(
        _delete_=True,
        type='ConvNeXt',
        arch='tiny',
        drop_path_rate=0.1,
        gap_before_final_norm=False,
        out_indices=(2, 3)),
    neck=dict(in_channels=(384, 768)))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
