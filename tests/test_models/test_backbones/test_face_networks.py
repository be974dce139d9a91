# Copyright (c) mmfer contributors.
"""Face recognition networks, and transformers on their maps."""
import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from torch import nn

import mmfer  # noqa: F401
from mmfer.models.layers import AttentiveTokenPooling
from ...toys import CONFIGS

ARCH = dict(
    embed_dims=16, num_layers=3, num_heads=2, feedforward_channels=32)
IMAGES = dict(arch=ARCH, img_size=32, patch_size=8)
MAPS = dict(arch=ARCH, img_size=4, patch_size=1, in_channels=8)
PATCHES = dict(type='AttentivePatchPooling', keep=12)


def _build(**config):
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    model.eval()  # MMPretrain's backbones return nothing
    return model


def _pooling(**config):
    return _build(type='PoolingVisionTransformer', **config)


def _parameters(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize('depth, unit', [(50, 'plain'), (34, 'tface'),
                                         (34, 'se')])
def test_ir_net(depth, unit):
    model = _build(type='IRNet', depth=depth, unit=unit, base_channels=16,
                   out_indices=(1, 3))
    assert [len(stage) for stage in model.stages] == list(
        model.UNITS[depth])
    maps = model(torch.randn(1, 3, 48, 48))
    assert [m.shape[1:] for m in maps] == [(32, 12, 12), (128, 3, 3)]


def test_later_stages_are_not_built():
    whole = _build(type='IRNet', base_channels=4)
    part = _build(type='IRNet', base_channels=4, out_indices=(0, 2))
    assert len(part.stages) == 3
    part.load_state_dict(whole.state_dict(), strict=False)
    x = whole.stem(images := torch.randn(1, 3, 32, 32))
    for stage in range(3):
        x = whole.stages[stage](x)
        if stage != 1:
            assert torch.equal(part(images)[stage // 2], x)


@pytest.mark.parametrize('config', [
    dict(depth=18), dict(out_indices=(4, )), dict(out_indices=()),
    dict(unit='ir')])
def test_bad_ir_net(config):
    with pytest.raises(ValueError, match='must'):
        MODELS.build(dict(type='IRNet', **config))


@pytest.mark.parametrize('method, millions', [
    ('apvit', (17.61, 47.59, 65.21)), ('transfer', (17.61, None, 65.22))])
def test_sizes_of_the_papers(method, millions):
    """Counted without memory, as the papers' code counts them."""
    path, = (CONFIGS / method).glob('*vit-small*_rafdb.py')
    with torch.device('meta'):
        model = MODELS.build(Config.fromfile(path).model)
    parts = (model.backbone, model.neck, model)
    for part, number in zip(parts, millions):
        if number is not None:
            assert round(_parameters(part) / 1e6, 2) == number


def test_without_pooling_it_is_that_of_mmpretrain():
    """Alike in weights, outputs and gradients, also at another size."""
    plain, ours = _build(type='VisionTransformer', **IMAGES), _pooling(
        **IMAGES)
    ours.load_state_dict(plain.state_dict())
    for size in (32, 40):
        images = torch.randn(2, 3, size, size)
        exits, token = ours(images)
        torch.testing.assert_close(token, plain(images)[-1], rtol=1e-5,
                                   atol=1e-6)
        assert (exits == 4).all() and exits.shape[1:] == (size // 8, ) * 2
        for model in (plain, ours):
            model(images)[-1].square().sum().backward()
    for (name, a), b in zip(plain.named_parameters(), ours.parameters()):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-5)


def test_what_is_left_out_by_loops():
    """Patches and tokens one by one, from the definitions."""
    x = torch.randn(3, 8, 4, 4)
    model = _pooling(
        patch_pooling=PATCHES, keep_rates=[1., 0.8, 0.5], **MAPS)
    exits, token = model([x])
    patches = model.patch_embed(x)[0]
    for n in range(3):
        scores = patches[n].abs().sum(1)
        alive = sorted(scores.topk(12).indices.tolist())
        left = torch.full((16, ), 0)
        tokens = torch.cat([
            model.cls_token[0] + model.pos_embed[0, :1],
            (patches[n] + model.pos_embed[0, 1:])[alive]
        ])
        for number, (layer, rate) in enumerate(
                zip(model.layers, (1., 0.8, 0.5)), 1):
            left[alive] = number
            normed = layer.ln1(tokens)
            query, key, _ = layer.attn.qkv(normed).view(-1, 3, 2,
                                                        8).unbind(1)
            logits = torch.einsum('hd,lhd->lh', query[0], key).sum(1)
            tokens = tokens + layer.attn(normed[None])[0]
            best = logits[1:].topk(int(len(alive) * rate)).indices
            best = sorted(best.tolist())
            alive = [alive[i] for i in best]
            tokens = tokens[[0] + [i + 1 for i in best]]
            tokens = tokens + layer.ffn.layers(layer.ln2(tokens))
        left[alive] = 4
        assert len(alive) == 4
        assert torch.equal(exits[n].flatten(), left)
        torch.testing.assert_close(token[n], model.ln1(tokens)[0], rtol=1e-4,
                                   atol=1e-5)


@pytest.mark.parametrize('batch', [1, 5, 13])
def test_a_face_does_not_depend_on_its_batch(batch):
    """Also where batch and tokens, 12 and the class token, are equal."""
    model = _pooling(patch_pooling=PATCHES, keep_rates=[0.7] * 3, **MAPS)
    x = torch.randn(13, 8, 4, 4)
    exits, token = model(x)
    some_exits, some = model(x[:batch])
    assert torch.equal(some_exits, exits[:batch])
    torch.testing.assert_close(some, token[:batch], rtol=1e-4, atol=1e-5)
    assert exits.unique().tolist() == [0, 1, 2, 3, 4]


def test_what_patches_are_judged_by():
    """The map that comes in instead of what is made of it."""
    x = torch.randn(2, 8, 4, 4)
    model = _pooling(patch_pooling=PATCHES, score='feature', **MAPS)
    kept = model(x)[0] > 0
    scores = x.abs().sum(1)
    for n in range(2):
        assert scores[n][kept[n]].min() > scores[n][~kept[n]].max()


def test_first_weights():
    model = _pooling(**MAPS)
    assert (model.pos_embed[:, 0] == 0).all()
    weight = torch.cat([m.weight.flatten() for m in model.layers.modules()
                        if isinstance(m, nn.Linear)])
    assert weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert model.cls_token.std().item() == pytest.approx(0.02, rel=0.6)


def test_dropped_heads_change_training_only():
    model = _pooling(head_drop=dict(prob=1.), **MAPS)
    x = torch.randn(2, 8, 4, 4)
    plain = _pooling(**MAPS)
    torch.testing.assert_close(model(x)[1], plain(x)[1], rtol=1e-4,
                               atol=1e-5)
    model.train()
    assert not torch.allclose(model(x)[1], plain(x)[1], atol=1e-3)


def test_dropped_heads_by_their_defaults():
    model = _pooling(head_drop=dict(), **MAPS)
    model.train()
    assert [p.head_drop.prob for p in model.token_pooling] == [0.3] * 3
    assert model(torch.randn(2, 8, 4, 4))[1].isfinite().all()


def test_half_precision():
    model = _pooling(patch_pooling=PATCHES, keep_rates=[0.7] * 3, **MAPS)
    with torch.autocast('cpu', torch.bfloat16):
        exits, token = model(torch.randn(2, 8, 4, 4))
    assert token.isfinite().all()
    assert [(exits > i).sum().item() for i in range(4)] == [24, 16, 10, 6]


def test_any_layer_of_mmpretrain():
    """The block stands alone, in a transformer that knows nothing of it."""
    model = _build(type='VisionTransformer', **IMAGES)
    x = torch.randn(2, 17, 16)
    out, index = AttentiveTokenPooling(0.5)(model.layers[0], x)
    assert out.shape == (2, 9, 16) and index.shape == (2, 9)
    whole, none = AttentiveTokenPooling()(model.layers[0], x)
    assert none is None and torch.equal(whole, model.layers[0](x))


@pytest.mark.parametrize('config, message', [
    (dict(keep_rates=[1., 1.]), '2 keep_rates for 3 layers'),
    (dict(keep_rates=[1., 1., 0.]), 'keep_rate must'),
    (dict(rule='mean'), 'rule must'),
    (dict(score='raw'), 'score must'),
    (dict(score='feature', **IMAGES), 'patch_size=1'),
    (dict(head_drop=dict(prob=2.)), 'prob must'),
], ids=str)
def test_bad_pooling(config, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(dict(dict(MAPS, **config),
                          type='PoolingVisionTransformer'))


def test_bad_number_of_patches():
    model = _pooling(patch_pooling=dict(PATCHES, keep=160), **MAPS)
    with pytest.raises(ValueError, match='160 of 16 tokens'):
        model(torch.randn(1, 8, 4, 4))
