# Made for a CPU and pictures of 112 px: narrow networks, patches of 16 px.
_base_ = ['facetoponet_resnet18.py']

# Both directions together are as wide as one elsewhere.
lstm = dict(hidden_channels=128, bidirectional=True)
model = dict(
    backbone=dict(
        streams=dict(
            structure=lstm,
            texture=dict(
                backbone=dict(
                    base_channels=16,
                    stem_channels=16,
                    zero_init_residual=False),
                in_channels=128,
                patch_size=16,
                **lstm))))
