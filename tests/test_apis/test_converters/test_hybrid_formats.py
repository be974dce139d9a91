# Copyright (c) mmfer contributors.
"""Released face networks, transformers and both together."""
import re

import pytest
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.apis import convert_state_dict

IR = dict(type='IRNet', base_channels=4, out_indices=(2, ))
VIT = dict(
    type='PoolingVisionTransformer',
    arch=dict(
        embed_dims=16, num_layers=8, num_heads=2, feedforward_channels=48),
    img_size=3,
    patch_size=1,
    in_channels=16,
    qkv_bias=False)
FC = dict(type='LinearClsHead', num_classes=7, in_channels=16)
# Format -> what its weights fill, narrow. The names do not depend on widths.
HYBRIDS = dict(
    apvit=dict(type='FERClassifier', backbone=IR, neck=VIT, head=FC),
    transfer=dict(
        type='FERClassifier',
        backbone=IR,
        neck=[dict(type='LocalAttention', in_channels=16), VIT],
        head=FC),
    ir50_ms1m=dict(IR, out_indices=(3, )),
    vit_small_p16_timm=VIT)
# The tensors of the released files.
COUNTS = dict(apvit=389, transfer=416, ir50_ms1m=349, vit_small_p16_timm=96)

_UNITS = [(r'(^|extractor\.)stem\.', r'\1input_layer.'),
          (r'(^|extractor\.)stages\.', r'\1body.'),
          (r'\.residual\.', '.res_layer.'),
          (r'\.shortcut\.', '.shortcut_layer.')]
_LAYERS = [(r'(^|vit\.)ln1\.', r'\1norm.'), (r'(^|vit\.)layers\.',
                                             r'\1blocks.'),
           (r'\.ln(\d)\.', r'.norm\1.'), (r'ffn\.layers\.0\.0', 'mlp.fc1'),
           (r'ffn\.layers\.1', 'mlp.fc2')]
_RENAMES = dict(
    apvit=[(r'^backbone', 'extractor'), *_UNITS,
           (r'^neck\.patch_embed\.projection', 'vit.projs.0'),
           (r'^neck', 'vit'), *_LAYERS],
    transfer=[(r'^backbone', 'extractor'), *_UNITS,
              (r'^neck\.1\.patch_embed\.projection', 'convert.proj'),
              (r'^neck\.1', 'vit'), *_LAYERS,
              (r'^neck\.0\.branches', 'attention.las'),
              (r'(las\.\d)\.0\.', r'\1.LA_conv1.'),
              (r'(las\.\d)\.1\.', r'\1.bn1.'),
              (r'(las\.\d)\.3\.', r'\1.LA_conv2.'),
              (r'(las\.\d)\.4\.', r'\1.bn2.')],
    ir50_ms1m=_UNITS,
    vit_small_p16_timm=_LAYERS)


def _throughout(state):
    """Number the units of IR-50 throughout instead of within stages."""
    starts = dict(zip('0123', (0, 3, 7, 21)))
    return {
        re.sub(r'body\.(\d)\.(\d+)', lambda m: 'body.%d' %
               (starts[m[1]] + int(m[2])), key): value
        for key, value in state.items()
    }


def released(format, state):
    """Our weights under the names of the authors, written by hand."""
    out = {}
    for key, value in state.items():
        for pattern, replacement in _RENAMES[format]:
            key = re.sub(pattern, replacement, key)
        out[key] = value
    if format == 'apvit':
        pos_embed = out.pop('vit.pos_embed')
        out['vit.cls_pos_embed'] = pos_embed[:, :1]
        out['vit.patch_pos_embed'] = pos_embed[:, 1:]
    if format == 'ir50_ms1m':
        out = _throughout(out)
        norm = ('weight', 'bias', 'running_mean', 'running_var',
                'num_batches_tracked')
        for name in [f'{i}.{n}' for i in (0, 4) for n in norm] + [
                '3.weight', '3.bias']:
            out[f'output_layer.{name}'] = torch.zeros(1)
    if format == 'vit_small_p16_timm':
        for name in ('patch_embed.proj', 'head'):
            out[f'{name}.weight'] = out[f'{name}.bias'] = torch.zeros(1)
        del out['patch_embed.projection.weight']
        del out['patch_embed.projection.bias']
    return out


@pytest.mark.parametrize('format', HYBRIDS)
def test_round_trip(format):
    torch.manual_seed(0)
    state = MODELS.build(HYBRIDS[format]).state_dict()
    theirs = released(format, state)
    assert len(theirs) == COUNTS[format]
    converted = convert_state_dict(format, theirs)
    fresh = {k for k in state if 'patch_embed' in k} if (
        format == 'vit_small_p16_timm') else set()
    assert set(converted) == set(state) - fresh
    for key, value in converted.items():
        assert torch.equal(value, state[key]), key


def test_bad_names_of_the_release():
    """As printed by the authors' model; one that is missing is told."""
    state = released('apvit', MODELS.build(HYBRIDS['apvit']).state_dict())
    for key in ('extractor.input_layer.2.weight',
                'extractor.body.1.0.res_layer.3.weight',
                'extractor.body.2.13.res_layer.4.running_var',
                'extractor.body.2.0.shortcut_layer.1.bias', 'vit.cls_token',
                'vit.projs.0.bias', 'vit.blocks.7.mlp.fc2.weight',
                'vit.norm.bias'):
        short = {k: v for k, v in state.items() if k != key}
        with pytest.raises(ValueError, match=f'1 missing: {re.escape(key)}'):
            convert_state_dict('apvit', short)


def test_units_of_either_numbering():
    model = MODELS.build(HYBRIDS['transfer'])
    state = released('transfer', model.state_dict())
    converted = convert_state_dict('transfer', _throughout(state))
    wanted = model.state_dict()
    assert set(converted) == set(wanted)
    for key, value in converted.items():
        assert torch.equal(value, wanted[key]), key


def test_files_without_embedding_or_classifier():
    for format, words in (('ir50_ms1m', 'output_layer'),
                          ('vit_small_p16_timm', 'head')):
        state = released(format, MODELS.build(HYBRIDS[format]).state_dict())
        short = {k: v for k, v in state.items() if not k.startswith(words)}
        assert len(short) < len(state)
        assert set(convert_state_dict(format, short)) == set(
            convert_state_dict(format, state))


def test_bad_depth():
    """One more layer than the format has."""
    state = released('apvit', MODELS.build(HYBRIDS['apvit']).state_dict())
    state['vit.blocks.8.norm1.weight'] = torch.zeros(16)
    with pytest.raises(ValueError, match='1 unknown: vit.blocks.8.norm1'):
        convert_state_dict('apvit', state)
