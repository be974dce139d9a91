# Copyright (c) mmfer contributors.
"""The variants of released networks for clips."""
import re

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.registry import MODELS
from torch import nn

import mmfer  # noqa: F401
from mmfer.apis import convert_state_dict


def _state(**config):
    """Weights of the right names and shapes that take no memory."""
    with torch.device('meta'):
        return dict(MODELS.build(config).state_dict())


@pytest.mark.parametrize('depth', [18, 34, 50])
@pytest.mark.parametrize('shortcut', ['A', 'B'])
def test_resnets(depth, shortcut):
    state = _state(type='R3D', depth=depth, shortcut=shortcut)
    assert any('downsample' in key for key in state) == (shortcut == 'B')
    released = {f'module.{key}': value for key, value in state.items()}
    released['module.fc.weight'] = released['module.fc.bias'] = torch.ones(1)
    wrapped = dict(state_dict=released, arch='resnet', epoch=200)
    assert set(convert_state_dict('hara3d', wrapped)) == set(state)


def test_early_densenets_have_dots_in_their_names():
    state = _state(type='DenseNet3D', depth=169)
    released = {
        re.sub(r'(denselayer\d+)\.(norm|conv)([12])\.', r'\1.\2.\3.', key): v
        for key, v in state.items() if 'num_batches' not in key
    }
    released['classifier.weight'] = released['classifier.bias'] = torch.ones(1)
    key = 'features.denseblock3.denselayer32.conv.2.weight'
    assert key in released
    assert set(convert_state_dict('hara3d_densenet', released)) == set(state)


@pytest.mark.parametrize('stem', [0, 1])
@pytest.mark.parametrize('dots', [False, True])
def test_densenets_of_all_releases(stem, dots):
    """The stem is conv1 and norm1 in the current release, 0 in earlier."""
    state = _state(type='DenseNet3D', depth=121)
    released = {}
    for key, value in state.items():
        key = re.sub(r'^features\.(conv|norm)0\.',
                     rf'features.\g<1>{stem}.', key)
        if dots:
            key = re.sub(r'(denselayer\d+)\.(norm|conv)([12])\.',
                         r'\1.\2.\3.', key)
        released[key] = value
    assert f'features.norm{stem}.running_mean' in released
    released['classifier.weight'] = released['classifier.bias'] = torch.ones(1)
    found = convert_state_dict('hara3d_densenet', released)
    assert {k: v.shape for k, v in found.items()} == {
        k: v.shape for k, v in state.items()}
    del released[f'features.norm{stem}.weight']
    with pytest.raises(ValueError, match=f'1 missing: features.norm{stem}.w'):
        convert_state_dict('hara3d_densenet', released)


def test_the_deepest_p3d_for_flow():
    state = _state(type='P3D', depth=199, in_channels=2)
    fc = {'fc.weight': torch.ones(1), 'fc.bias': torch.ones(1)}
    found = convert_state_dict('p3d', {**state, **fc})
    assert set(found) == set(state)
    assert found['conv1_custom.weight'].shape[1] == 2


def test_ststnet_gives_what_three_streams_give():
    torch.manual_seed(0)
    released, parts = {}, []
    x = torch.randn(2, 3, 28, 28)
    for i, number in enumerate((3, 5, 8), 1):
        conv, norm = nn.Conv2d(3, number, 3, padding=2), nn.BatchNorm2d(number)
        norm.running_mean.normal_()
        norm.bias.data.normal_()
        norm.eval()
        for name, part in ((f'conv{i}', conv), (f'bn{i}', norm)):
            released.update({f'{name}.{key}': value
                             for key, value in part.state_dict().items()})
        parts.append(F.max_pool2d(norm(conv(x).relu()), 3, 3, 1))
    fc = nn.Linear(400, 3)
    released.update({'fc.weight': fc.weight, 'fc.bias': fc.bias})
    expected = fc(F.avg_pool2d(torch.cat(parts, 1), 2).flatten(1))
    model = MODELS.build(dict(
        type='FERClassifier', backbone=dict(type='STSTNet'),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=400)))
    model.load_state_dict(convert_state_dict('ststnet', released))
    torch.testing.assert_close(model.eval()(x), expected)


@pytest.mark.parametrize('format', ['hara3d', 'hara3d_densenet', 'i3d', 'p3d',
                                    'ststnet'])
def test_bad_files(format):
    with pytest.raises(ValueError, match='missing.*1 unknown: stem.weight'):
        convert_state_dict(format, {'stem.weight': torch.ones(1)})
