# Copyright (c) mmfer contributors.
import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

import mmfer  # noqa: F401
from mmfer.models.layers import CBAM


def _build(**config):
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    model.eval()  # MMPretrain's ResNet returns nothing
    return model


def _parameters(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize('depth, total, channels', [
    (18, 11269983, 512),
    (50, 26054967, 2048),
])
def test_cbam_resnet_size(depth, total, channels):
    """With a classifier of seven classes, as the paper's code counts."""
    model = MODELS.build(dict(type='CBAMResNet', depth=depth))
    assert _parameters(model) + 7 * (channels + 1) == total


@pytest.mark.parametrize('place', ['blocks', 'end'])
def test_cbam_keeps_the_features_of_a_trained_network(place):
    """With gates near 1, as fresh parts of a network with weights."""
    torch.manual_seed(0)
    narrow = dict(depth=18, base_channels=16, stem_channels=16)
    plain = MODELS.build(dict(type='ResNet', **narrow))
    x, change = torch.randn(4, 3, 64, 64), {}
    for _ in range(20):  # statistics of a trained network
        plain(x)
    plain.eval()
    for start in (.5, .95):
        model = MODELS.build(
            dict(type='CBAMResNet', place=place, start=start, **narrow))
        model.init_weights()
        model.load_state_dict(plain.state_dict(), strict=False)
        model.eval()
        want = plain(x)[0]
        change[start] = float(
            (model(x)[0] - want).norm() / want.norm())
    assert change[.95] < .2 < .5 < change[.5]


def test_cbam_resnet_starts_as_released():
    model = _build(type='CBAMResNet', base_channels=8, stem_channels=8)
    gates = [m for m in model.modules() if isinstance(m, CBAM)]
    assert len(gates) == 8
    for gate in gates:
        assert gate.spatial.norm.weight.item() == 0
        assert gate.spatial.norm.bias.item() == 0
        assert gate.channel.mlp[0].bias.abs().sum() == 0
        assert gate.channel.mlp[0].weight.abs().sum() > 0
    assert all(m.bn2.weight.eq(1).all() for m in model.layer1)


@pytest.mark.parametrize('depth', [18, 50])
def test_cbam_stands_before_the_addition(depth):
    """A block's output is relu(identity + CBAM(branch))."""
    model = _build(
        type='CBAMResNet', depth=depth, base_channels=8,
        stem_channels=8)
    block, x = model.layer2[0], torch.randn(2, 8 if depth == 18 else 32, 6, 6)
    y = block.bn1(block.conv1(x)).relu()
    y = block.bn2(block.conv2(y))
    if depth == 50:
        y = block.bn3(block.conv3(y.relu()))
    expected = (block.cbam(y) + block.downsample(x)).relu()
    torch.testing.assert_close(block(x), expected)


def test_cbam_recomputes_to_the_same():
    config = dict(type='CBAMResNet', base_channels=8, stem_channels=8)
    x = torch.randn(2, 3, 32, 32)
    grads = []
    for with_cp in (False, True):
        model = _build(with_cp=with_cp, **config)
        model.train()
        model(x)[0].square().mean().backward()
        grads.append(model.layer1[0].conv1.weight.grad)
    torch.testing.assert_close(*grads)


def test_cbam_at_the_end():
    model = _build(
        type='CBAMResNet', base_channels=8, stem_channels=8, place='end',
        out_indices=(2, 3))
    assert sum(isinstance(m, CBAM) for m in model.modules()) == 1
    plain = _build(
        type='ResNet', depth=18, base_channels=8, stem_channels=8,
        out_indices=(2, 3))
    plain.load_state_dict(model.state_dict(), strict=False)
    x = torch.randn(2, 3, 64, 64)
    third, last = plain(x)
    torch.testing.assert_close(model(x)[0], third)
    torch.testing.assert_close(model(x)[1], model.cbam(last))


@pytest.mark.parametrize('config, error', [
    (dict(place='stem'), ValueError), (dict(depth=20), KeyError)],
    ids=['place', 'depth'])
def test_bad_cbam_resnet(config, error):
    with pytest.raises(error):
        MODELS.build(dict(type='CBAMResNet', **config))


def test_ceil_pool_resnet():
    model = _build(
        type='CeilPoolResNet', base_channels=8, stem_channels=8)
    assert model.layer2[0].conv1.stride == (2, 2)
    assert model.layer2[0].conv2.stride == (1, 1)
    x = torch.randn(1, 8, 112, 112)
    padded = nn.functional.pad(x, (0, 1, 0, 1), value=-torch.inf)
    expected = nn.functional.max_pool2d(padded, 3, 2)
    assert torch.equal(model.maxpool(x), expected)
    assert model(torch.randn(1, 3, 224, 224))[0].shape == (1, 256, 7, 7)
