_base_ = ['ir50_vit-small.py']

local_attention = dict(
    type='LocalAttention', in_channels=256, num_branches=2, drop_prob=0.6)
transformer = dict(
    _base_.vit_small, head_drop=dict(prob=0.3, mode='head'))
model = dict(neck=[local_attention, transformer])
