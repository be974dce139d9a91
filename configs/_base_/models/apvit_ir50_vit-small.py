_base_ = ['ir50_vit-small.py']

model = dict(
    neck=dict(
        # 160 of 196 patches, then 145, 130, 117 and 105 tokens.
        patch_pooling=dict(
            type='AttentivePatchPooling', keep=160, rule='sum_abs'),
        keep_rates=[1., 1., 1., 1., 0.9, 0.9, 0.9, 0.9],
        rule='sum'))
