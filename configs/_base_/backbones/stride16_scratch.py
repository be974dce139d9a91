# A ResNet without its fourth stage, for small pictures and random weights:
# at 64 px the third already ends at 4x4, and the fourth would take half of
# the time or more. Weights as torch draws them: they are smaller than
# MMPretrain's, so that the same steps turn them further, and the first epochs
# are not spent on the class frequencies. The last maps have so few pixels that
# matrix products are the faster convolutions.
stride16_scratch = dict(
    num_stages=3,
    strides=(1, 2, 2),
    dilations=(1, 1, 1),
    out_indices=(2, ),
    zero_init_residual=False,
    conv_cfg=dict(type='SmallMapConv2d'),
    init_cfg=[])
