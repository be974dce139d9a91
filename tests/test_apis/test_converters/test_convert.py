# Copyright (c) mmfer contributors.
"""Released files become checkpoints of ours, or an error that says why."""
import io
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.apis import convert_state_dict
from mmfer.apis.converters import FORMATS, convert_file, read_released_file
from mmfer.errors import CheckpointError

from .test_hybrid_formats import HYBRIDS

ROOT = Path(__file__).parents[3]
R18 = dict(type='ResNet', depth=18)
GAP = dict(type='GlobalAveragePooling')
FC = dict(type='LinearClsHead', num_classes=7, in_channels=512)

# Format -> the classifier, or the backbone, that its weights fill.
TARGETS = dict(
    scn=dict(
        backbone=R18,
        neck=GAP,
        head=dict(type='ImportanceHead', num_classes=7, in_channels=512)),
    rul=dict(
        backbone=R18, head=dict(type='UncertaintyMixingHead', num_classes=7)),
    eac=dict(
        backbone=R18,
        head=dict(
            type='AttentionConsistencyHead', num_classes=7, in_channels=512)),
    dan=dict(
        backbone=R18,
        neck=dict(type='MultiHeadCrossAttention'),
        head=dict(type='AttentionFusionHead', num_classes=7)),
    cbam=dict(backbone=dict(type='CBAMResNet'), neck=GAP, head=FC),
    resnet18_msceleb=R18,
    resnet18_ijba=R18,
    resnet50_vggface2=dict(type='CeilPoolResNet'),
    hara3d=dict(type='R3D', depth=10),
    hara3d_densenet=dict(type='DenseNet3D'),
    i3d=dict(type='I3D'),
    p3d=dict(type='P3D', depth=63))
# The classifiers that are left out.
CLASSIFIERS = dict(hara3d='fc', hara3d_densenet='classifier',
                   i3d='logits.conv3d', p3d='fc')

_SEQUENCE = {
    'conv1': 'features.0', 'bn1': 'features.1', 'layer1': 'features.4',
    'layer2': 'features.5', 'layer3': 'features.6', 'layer4': 'features.7'
}  # yapf: disable
# Format -> (pattern in our names, replacement in the released names).
_RENAMES = dict(
    scn=[(r'^head\.fc', 'fc'), (r'^head\.importance', 'alpha.0')],
    eac=[(r'^head\.fc', 'fc')],
    rul=[(r'^head\.fc\.', 'fc.'), (r'^head\.feature\.', 'mu.'),
         (r'^head\.log_variance\.', 'log_var.'),
         (r'(mu|log_var)\.map_norm', r'\1.0'), (r'(mu|log_var)\.fc', r'\1.3'),
         (r'(mu|log_var)\.norm', r'\1.4')],
    dan=[(r'^head\.(fc|bn)', r'\1'),
         (r'^neck\.heads\.(\d)\.channel\.gate', r'cat_head\1.ca.attention'),
         (r'^neck\.heads\.(\d)\.spatial', r'cat_head\1.sa'),
         (r'sa\.reduce', 'sa.conv1x1'), (r'sa\.square', 'sa.conv_3x3'),
         (r'sa\.row', 'sa.conv_1x3'), (r'sa\.column', 'sa.conv_3x1')],
    cbam=[(r'^head\.fc', 'fc'), (r'^backbone\.', ''),
          (r'channel\.mlp\.0', 'ChannelGate.mlp.1'),
          (r'channel\.mlp\.2', 'ChannelGate.mlp.3'),
          (r'spatial\.conv', 'SpatialGate.spatial.conv'),
          (r'spatial\.norm', 'SpatialGate.spatial.bn')])


def _released(format, state):
    """Our weights under the names of the authors, written by hand."""
    out = {}
    for key, value in state.items():
        if 'centers' in key:
            continue
        for pattern, replacement in _RENAMES.get(format, []):
            key = re.sub(pattern, replacement, key)
        match = re.match(r'backbone\.(\w+)\.', key)
        if match:
            key = key.replace(f'backbone.{match[1]}', _SEQUENCE[match[1]])
        out[key] = value
    if format.startswith('resnet'):
        width = 2048 if '50' in format else 512
        out['fc.weight'], out['fc.bias'] = torch.zeros(9, width), torch.zeros(
            9)
    if format in CLASSIFIERS:
        out[f'{CLASSIFIERS[format]}.weight'] = torch.zeros(400, 8)
        out[f'{CLASSIFIERS[format]}.bias'] = torch.zeros(400)
    return out


@pytest.fixture(scope='module')
def models():
    torch.manual_seed(0)
    built = {}
    for name, config in TARGETS.items():
        if name.startswith('resnet18') and 'R18' in built:
            built[name] = built['R18']
            continue
        config = config if 'type' in config else dict(
            config, type='FERClassifier')
        built[name] = MODELS.build(config)
        if name.startswith('resnet18'):
            built['R18'] = built[name]
    return built


def test_every_format_is_tested():
    # Those of dlib are read from the file that its package ships.
    assert {*TARGETS, *HYBRIDS, 'ststnet', 'dlib_resnet'} == set(FORMATS)
    assert {
        'scn', 'rul', 'eac', 'dan', 'cbam', 'resnet18_msceleb',
        'resnet18_ijba', 'resnet50_vggface2', 'apvit', 'ir50_ms1m',
        'vit_small_p16_timm', 'hara3d', 'hara3d_densenet', 'i3d', 'p3d',
        'ststnet'
    } <= set(FORMATS)


@pytest.mark.parametrize('format', TARGETS)
def test_round_trip(models, format):
    model = models[format]
    state = model.state_dict()
    converted = convert_state_dict(format, _released(format, state))
    assert set(state) - set(converted) <= {'head.affinity.centers'}
    for key, value in converted.items():
        assert torch.equal(value, state[key]), key
    model.load_state_dict(converted)  # strict


@pytest.fixture(scope='module')
def small():
    """A released file of the smallest format."""
    return _released('resnet18_msceleb', MODELS.build(R18).state_dict())


WRAPPERS = dict(
    plain=lambda s: s,
    state_dict=lambda s: dict(state_dict=s, epoch=3),
    model_state_dict=lambda s: dict(model_state_dict=s, iter=3),
    module=lambda s: {f'module.{k}': v
                      for k, v in s.items()},
    both=lambda s: dict(state_dict={f'module.{k}': v
                                    for k, v in s.items()}, best_acc=1.))


@pytest.mark.parametrize('wrapper', WRAPPERS)
def test_wrappers(small, wrapper):
    converted = convert_state_dict('resnet18_msceleb',
                                   WRAPPERS[wrapper](small))
    assert len(converted) == 120
    assert torch.equal(converted['layer1.0.bn1.bias'],
                       small['layer1.0.bn1.bias'])


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_classifier_saved_beside_the_model(models, prefix):
    state = _released('rul', models['rul'].state_dict())
    model = {f'{prefix}{k}': v
             for k, v in state.items() if not k.startswith('fc.')}
    checkpoint = dict(
        iter=3,
        model_state_dict=model,
        fc_state_dict=dict(weight=state['fc.weight'], bias=state['fc.bias']),
        optimizer_state_dict=dict())
    converted = convert_state_dict('rul', checkpoint)
    assert torch.equal(converted['head.fc.bias'], state['fc.bias'])
    with pytest.raises(ValueError, match='2 missing: fc.weight, fc.bias'):
        convert_state_dict('rul', dict(model_state_dict=model))


def test_old_files_lack_counters(small):
    state = {k: v for k, v in small.items() if 'num_batches' not in k}
    converted = convert_state_dict('resnet18_msceleb', state)
    assert converted['bn1.num_batches_tracked'] == 0
    MODELS.build(R18).load_state_dict(converted)


def test_faces_are_optional_in_one_format(small):
    state = {k: v for k, v in small.items() if not k.startswith('fc.')}
    assert len(convert_state_dict('resnet18_ijba', state)) == 120


def test_pickle_of_arrays(models, tmp_path):
    state = _released('resnet50_vggface2',
                      models['resnet50_vggface2'].state_dict())
    arrays = {k: v.numpy() for k, v in state.items() if 'num_b' not in k}
    for protocol in (2, 4):
        path = tmp_path / f'{protocol}.pkl'
        path.write_bytes(pickle.dumps(arrays, protocol=protocol))
        converted = convert_state_dict('resnet50_vggface2',
                                       read_released_file(os.fspath(path)))
        assert torch.equal(converted['conv1.weight'], state['conv1.weight'])


def test_tool(small, tmp_path):
    source, target = tmp_path / 'a.pth', tmp_path / 'new' / 'b.pth'
    torch.save(dict(state_dict=small), source)
    tool = ROOT / 'tools/model_converters/convert_checkpoint.py'
    env = {**os.environ, 'PYTHONPATH': os.fspath(ROOT)}
    run = subprocess.run(
        [sys.executable, tool, 'resnet18_msceleb', source, target],
        capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stderr
    checkpoint = torch.load(target, weights_only=True)
    assert len(checkpoint['state_dict']) == 120
    assert checkpoint['meta']['source_file'] == 'a.pth'
    assert len(checkpoint['meta']['source_sha256']) == 64
    assert 'ImageNet' in checkpoint['meta']['preprocessing']
    run = subprocess.run([sys.executable, tool, 'dan', source, target],
                         capture_output=True, text=True, env=env)
    assert run.returncode == 1 and 'Hint' in run.stderr
    assert 'Traceback' not in run.stderr


# Bad input


def test_bad_format():
    with pytest.raises(ValueError, match='unknown format.*scn, rul'):
        convert_state_dict('sen', {})


def _without(key):
    return lambda s: {k: v for k, v in s.items() if k != key}


BAD = dict(
    missing=(_without('layer3.1.conv2.weight'),
             '1 missing: layer3.1.conv2.weight'),
    missing_faces=(_without('fc.bias'), '1 missing: fc.bias'),
    unknown=(lambda s: dict(s, extra=torch.zeros(1)), '1 unknown: extra'),
    renamed=(lambda s: {k.replace('layer4', 'stage4'): v
                        for k, v in s.items()}, 'missing.*unknown.*stage4'),
    empty=(lambda s: {}, 'missing'),
    half_prefixed=(lambda s: {('module.' if 'bn' in k else '') + k: v
                              for k, v in s.items()}, 'unknown: module.bn1'),
    deeper=(lambda s: dict(s, **{
        'layer1.0.conv3.weight': torch.zeros(1)
    }), 'unknown: layer1.0.conv3.weight'),
    number=(lambda s: dict(s, **{'conv1.weight': 3.}), 'no tensor'),
    text=(lambda s: dict(s, **{'conv1.weight': 'x'}), 'no tensor'),
    objects=(lambda s: dict(s, **{'conv1.weight': np.array([None])}),
             'no tensor'),
    a_list=(lambda s: list(s), 'holds a dict'),
    a_model=(lambda s: torch.nn.Linear(1, 1), 'holds a dict'))


@pytest.mark.parametrize('case', BAD)
def test_bad_weights(small, case):
    change, message = BAD[case]
    with pytest.raises((ValueError, TypeError), match=message):
        convert_state_dict('resnet18_msceleb', change(small))


class Evil:
    """Runs a command when unpickled."""

    def __reduce__(self):
        return os.system, ('touch was-run', )


class Codec:
    """Decodes with any codec when unpickled."""

    def __reduce__(self):
        import _codecs
        return _codecs.encode, ('text', 'rot13')


def _pickled(value):
    return pickle.dumps(value, protocol=2)


def _saved(value):
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


BAD_FILES = dict(
    program=('a.pkl', lambda: _pickled(dict(x=Evil()))),
    tensor_in_pickle=('a.pkl', lambda: _pickled(dict(x=torch.zeros(2)))),
    codec=('a.pkl', lambda: _pickled(Codec())),
    builtin=('a.pkl', lambda: b'cbuiltins\neval\n(S"1"\ntR.'),
    cut_pickle=('a.pkl', lambda: _pickled(dict(x=np.zeros(99)))[:-40]),
    empty_pickle=('a.pkl', lambda: b''),
    text_pickle=('a.pkl', lambda: b'hello'),
    program_in_checkpoint=('a.pth', lambda: _saved(dict(x=Evil()))),
    whole_model=('a.pth', lambda: _saved(torch.nn.Linear(1, 1))),
    cut_checkpoint=('a.pth', lambda: _saved(dict(x=torch.zeros(99)))[:-40]),
    empty_checkpoint=('a.pth', lambda: b''),
    text_checkpoint=('a.pth', lambda: b'hello'))


@pytest.mark.parametrize('case', BAD_FILES)
def test_bad_files(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    name, content = BAD_FILES[case]
    (tmp_path / name).write_bytes(content())
    with pytest.raises(
            (ValueError, CheckpointError),
            match=f'{name}( was not read|: this checkpoint).*Hint'):
        read_released_file(os.fspath(tmp_path / name))
    assert not (tmp_path / 'was-run').exists()


def test_bad_path(tmp_path):
    with pytest.raises(FileNotFoundError, match='no such file'):
        convert_file('dan', os.fspath(tmp_path / 'x.pth'), 'y.pth')
