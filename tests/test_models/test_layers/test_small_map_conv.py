# Copyright (c) mmfer contributors.
import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from torch import nn

from mmfer.models.layers import SmallMapConv2d

# Large enough for the matrix product, in both spatial directions.
SHAPES = [dict(kernel_size=3, padding=1), dict(kernel_size=1, stride=2),
          dict(kernel_size=3, stride=2, padding=1),
          dict(kernel_size=(2, 3), stride=(1, 2), padding=(0, 1)),
          dict(kernel_size=3, padding=1, bias=False)]


def _pair(channels=(128, 256), **options):
    torch.manual_seed(0)
    options = {'bias': True, **options}
    plain = nn.Conv2d(*channels, **options)
    ours = SmallMapConv2d(*channels, **options)
    ours.load_state_dict(plain.state_dict())
    return plain, ours


def _run(layer, images, enabled=True, dtype=torch.bfloat16):
    images = images.clone().requires_grad_()
    with torch.autocast('cpu', dtype, enabled=enabled):
        out = layer(images)
    generator = torch.Generator().manual_seed(1)
    out.backward(torch.randn(
        out.shape, generator=generator).to(out.dtype))
    return [out.detach(), images.grad, *(p.grad for p in layer.parameters())]


def _watch(monkeypatch, layer):
    """Notes when the plain convolution is taken."""
    taken = []
    plain = nn.Conv2d.forward
    monkeypatch.setattr(nn.Conv2d, 'forward', lambda self, x: taken.append(
        self) or plain(self, x))
    return taken


@pytest.mark.parametrize('options', SHAPES, ids=str)
def test_agrees_with_the_plain_convolution(monkeypatch, options):
    """Against float32: as near as PyTorch's own bfloat16 convolution."""
    plain, ours = _pair(**options)
    images = torch.randn(4, 128, 5, 6)
    truth = _run(plain, images, enabled=False)
    plain.zero_grad()
    usual = _run(plain, images)
    taken = _watch(monkeypatch, ours)
    found = _run(ours, images)
    assert not taken
    assert found[0].dtype == torch.bfloat16
    for one, other, exact in zip(found, usual, truth):
        assert one.shape == exact.shape
        scale = exact.square().mean().sqrt()
        error = (one.float() - exact).square().mean().sqrt() / scale
        bound = (other.float() - exact).square().mean().sqrt() / scale
        assert error < max(1.5 * float(bound), 1e-6) < .02


@pytest.mark.parametrize('case', [
    'float32', 'float16', 'large map', 'few channels', 'groups', 'dilation',
    'other border', 'padding by name'])
def test_elsewhere_it_is_the_plain_convolution(monkeypatch, case):
    options = dict(kernel_size=3, padding=1)
    options.update({
        'few channels': dict(channels=(128, 128)), 'groups': dict(groups=2),
        'dilation': dict(dilation=2), 'padding by name': dict(padding='same'),
        'other border': dict(padding_mode='reflect')}.get(case, {}))
    plain, ours = _pair(**options)
    size = 8 if case == 'large map' else 7
    images = torch.randn(2, 128, size, size)
    how = dict(enabled=case != 'float32', dtype=(
        torch.float16 if case == 'float16' else torch.bfloat16))
    truth = _run(plain, images, **how)
    taken = _watch(monkeypatch, ours)
    found = _run(ours, images, **how)
    assert taken
    assert all(torch.equal(*both) for both in zip(found, truth))


def test_empty_batch_and_frozen_parts():
    _, ours = _pair(kernel_size=3, padding=1)
    images = torch.randn(0, 128, 4, 4)
    assert _run(ours, images)[0].shape == (0, 256, 4, 4)
    ours.zero_grad()
    ours.weight.requires_grad_(False)
    assert _run(ours, torch.randn(2, 128, 4, 4))[2] is None


def test_a_backbone_takes_it_by_config():
    """Same names; and channels-last weights keep their layout."""
    config = dict(type='ResNet', depth=18)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        plain = MODELS.build(config)
        ours = MODELS.build(dict(
            config, conv_cfg=dict(type='SmallMapConv2d')))
    ours.load_state_dict(plain.state_dict())
    kinds = {type(part) for part in ours.modules()}
    assert SmallMapConv2d in kinds and nn.Conv2d not in kinds
    images = torch.randn(2, 3, 64, 64)
    plain.eval(), ours.eval()  # MMPretrain's returns None
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
        one, other = ours(images)[-1].float(), plain(images)[-1].float()
    assert (one - other).abs().max() < .05 * other.abs().max()
    assert torch.equal(ours(images)[-1], plain(images)[-1])
