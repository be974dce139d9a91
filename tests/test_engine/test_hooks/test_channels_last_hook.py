# Copyright (c) mmfer contributors.
import os

import pytest
import torch
from mmengine.runner import CheckpointLoader, Runner
from mmpretrain.registry import MODELS
from torch import nn

from mmfer.engine import ChannelsLastHook
from ...toys import make_ferplus, small_config


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = make_ferplus(tmp_path_factory.mktemp('data'), per_class=2)
    return make_ferplus(root, 'valid', per_class=1)


def _config(root, work_dir, enabled=True, epochs=1, **options):
    """In float32, with a fused optimiser."""
    cfg = small_config(root, work_dir, epochs, **options)
    cfg.optim_wrapper.enabled = False
    cfg.model.head.init_cfg = None
    cfg.optim_wrapper.optimizer = dict(type='AdamW', lr=.01, fused=True)
    cfg.default_hooks.channels_last.enabled = enabled
    return cfg


def _is_last(tensor):
    return tensor.is_contiguous(memory_format=torch.channels_last)


def test_weights_and_maps_are_channels_last(root, tmp_path):
    runner = Runner.from_cfg(_config(root, tmp_path / 'run'))
    seen = []
    runner.model.backbone.register_forward_hook(
        lambda m, i, out: seen.append(_is_last(out[0])))
    runner.train()
    assert seen and all(seen)
    weight = runner.model.backbone.conv1.weight
    assert _is_last(weight) and not weight.is_contiguous()


def _train(root, work_dir, **options):
    runner = Runner.from_cfg(_config(root, work_dir, **options))
    runner.train()
    last = os.path.join(work_dir, f'epoch_{runner.max_epochs}.pth')
    return runner, CheckpointLoader.load_checkpoint(last, 'cpu')['state_dict']


@pytest.mark.parametrize('before', [True, False])
@pytest.mark.parametrize('after', [True, False])
def test_resumed_in_any_layout(root, tmp_path, before, after):
    """To the bit where the layout stays. Where it changes, sums round
    differently, and AdamW lets single weights with hardly any gradient drift;
    on average they agree within a tenth of the learning rate, 0.01. A state
    in the wrong layout would move all of them by about that, in each step."""
    _, whole = _train(root, tmp_path / 'whole', enabled=after, epochs=2)
    if before != after:
        _train(root, tmp_path / 'other', enabled=before, epochs=2)
    start = tmp_path / ('whole' if before == after else 'other')
    runner, again = _train(
        root, tmp_path / 'again', enabled=after, epochs=2, resume=True,
        load_from=os.fspath(start / 'epoch_1.pth'))
    weight = runner.model.backbone.conv1.weight
    assert weight.is_contiguous() != after
    for name, value in runner.optim_wrapper.optimizer.state[weight].items():
        if value.dim():
            assert value.stride() == weight.stride(), name
    pairs = [(whole[key], again[key]) for key in whole]
    if before == after:
        assert all(torch.equal(*pair) for pair in pairs)
    error = torch.cat([(a - b).abs().flatten() for a, b in pairs
                       if a.dim() == 4]).mean()
    assert error < 1e-3


class _Gate(nn.Module):
    """Channel attention, with linear layers on pooled maps."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.squeeze = nn.Sequential(nn.Linear(8, 2), nn.Linear(2, 8))
        self.spatial = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x):
        x = self.conv(x)
        x = x * self.squeeze(x.mean((2, 3))).sigmoid()[..., None, None]
        maps = torch.stack([x.mean(1), x.amax(1)], 1)
        return (x * self.spatial(maps).sigmoid(), )


@pytest.mark.parametrize('backbone', [
    dict(type='VisionTransformer', patch_size=16, img_size=32, arch=dict(
        embed_dims=24, num_layers=1, num_heads=2, feedforward_channels=24)),
    dict(type='SwinTransformer', img_size=64, arch=dict(
        embed_dims=12, depths=[1, 1], num_heads=[1, 2]), out_indices=(1, )),
    None,
], ids=['vit', 'swin', 'gates'])
def test_other_backbones(backbone):
    """4-d weights change their layout, nothing changes its value."""
    torch.manual_seed(0)
    model = MODELS.build(backbone) if backbone else _Gate()
    model.eval()
    images = torch.randn(2, 3, *[(backbone or {}).get('img_size', 16)] * 2)
    runner = type('Runner', (), dict(model=model))
    before = model(images)[0]
    weights = {k: v.clone() for k, v in model.state_dict().items()}
    ChannelsLastHook().before_test(runner)
    torch.testing.assert_close(model(images)[0], before)
    four = [v for v in model.parameters() if v.dim() == 4 and v.size(1) > 1]
    assert four and all(map(_is_last, four))
    for key, value in model.state_dict().items():
        assert torch.equal(value, weights[key])
        assert value.dim() == 4 or value.stride() == weights[key].stride()
