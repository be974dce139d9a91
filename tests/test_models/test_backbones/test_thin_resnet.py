# Copyright (c) mmfer contributors.
import pytest
import torch
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401


def _build(**kwargs):
    model = MODELS.build(dict(type='ThinResNet', **kwargs))
    model.eval()  # MMPretrain's ResNet returns nothing
    return model


def _features(model, images):
    return model(images)[-1].mean((2, 3))


@pytest.fixture(scope='module')
def golden(shared):
    path = shared / 'golden/cri_ldam.pt'
    if not path.is_file():
        pytest.skip(f'needs the parity references {path}')
    return torch.load(path, weights_only=True)


@pytest.mark.parametrize('depth, number', [(20, 269072), (32, 463504)])
def test_size(depth, number):
    assert sum(p.numel() for p in _build(depth=depth).parameters()) == number


def test_stages():
    model = _build(depth=20, out_indices=(0, 1, 2))
    shapes = [tuple(x.shape[1:]) for x in model(torch.rand(1, 3, 16, 16))]
    assert shapes == [(16, 16, 16), (32, 8, 8), (64, 4, 4)]


def test_other_widths():
    """The stem is widened without a stride, and by an odd number."""
    model = _build(depth=20, base_channels=19, out_indices=(0, 1, 2))
    shapes = [tuple(x.shape[1:]) for x in model(torch.rand(1, 3, 16, 16))]
    assert shapes == [(19, 16, 16), (38, 8, 8), (76, 4, 4)]
    x = torch.rand(1, 16, 16, 16)
    padded = model.layer1[0].downsample(x)
    assert torch.equal(padded[:, 1:17], x)
    assert not padded[:, [0, 17, 18]].any()


def test_features_and_cosines_of_the_release(golden):
    row, model = golden['resnet32_cosine'], _build()
    model.load_state_dict(row['state'])
    head = MODELS.build(
        dict(type='CosineHead', num_classes=10, in_channels=64))
    head.load_state_dict({'weight': row['head']['fc.weight']})
    with torch.no_grad():
        feats = _features(model, row['x'])
        cosines = head.outputs((feats, ))['cosines']
        model.train()
        trained = _features(model, row['x'])
    for got, name in ((feats, 'feat_eval'), (cosines, 'logits_eval'),
                      (trained, 'feat_train')):
        torch.testing.assert_close(got, row[name], atol=1e-4, rtol=0)


def test_logits_of_ldams_release(golden):
    row, model = golden['ldam_resnet32_norm'], _build()
    state = dict(row['state'])
    directions = state.pop('linear.weight').T
    model.load_state_dict(state)
    head = MODELS.build(
        dict(type='CosineHead', num_classes=10, in_channels=64))
    head.load_state_dict({'weight': directions})
    with torch.no_grad():
        cosines = head.outputs((_features(model, row['x']), ))['cosines']
    torch.testing.assert_close(cosines, row['logits_eval'], atol=1e-4, rtol=0)


def test_bad_depth():
    with pytest.raises(KeyError, match='invalid depth 18'):
        _build(depth=18)
