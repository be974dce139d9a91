# The same tokens, all of them to the end, through MMPretrain's own layers:
# what pooling is compared with.
_base_ = ['apvit_ir50-vit-small_1xb128_rafdb.py']

model = dict(neck=dict(patch_pooling=None, keep_rates=None))
