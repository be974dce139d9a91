# Copyright (c) mmfer contributors.
"""APViT: its parts against numbers of the released code, its RAF-DB recipe."""
import math
from collections import Counter

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.models.backbones.vision_transformer import \
    TransformerEncoderLayer
from mmpretrain.registry import DATASETS, MODELS

from mmfer.apis.converters.convert import rename
from mmfer.apis.converters.formats import FORMATS
from mmfer.datasets import RAFDB
from mmfer.models.layers import AttentiveTokenPooling, IRUnit, top_tokens
from mmfer.models.layers.attentive_token_pooling import attend
from mmfer.structures import FERDataSample
from ..toys import CONFIGS, narrow_hybrid

UNITS = dict(ir='plain', tface='tface', irse='se')
RULES = dict(SUM='sum', SUM_ABS_1='sum_abs', MAX='max')


@pytest.fixture(scope='module')
def golden(shared):
    path = shared / 'golden' / 'apvit_parts.pt'
    if not path.is_file():
        pytest.skip(f'needs the parity references {path}')
    return torch.load(path, weights_only=True)


def _close(got, wanted):
    return torch.allclose(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('name', [
    'ir_64_64_s2', 'ir_16_32_s2', 'ir_16_16_s1', 'tface_16_32_s2',
    'irse_16_32_s2'])
def test_units(golden, name):
    case = golden[name]
    unit = IRUnit(*case['args'], kind=UNITS[name.split('_')[0]])
    unit.load_state_dict({
        key.replace('res_layer', 'residual').replace(
            'shortcut_layer', 'shortcut').replace('fc1', 'conv1.conv').replace(
                'fc2', 'conv2.conv'): value
        for key, value in case['state'].items()
    })
    assert _close(unit.eval()(case['x']), case['eval'])
    assert _close(unit.train()(case['x']), case['train'])


@pytest.mark.parametrize('name', 'abcd')
def test_choice_of_tokens(golden, name):
    case = golden['top_pool'][name]
    options = case['kw']
    index = top_tokens(
        case['x'].mean(2),
        options.get('keep_num') or options['keep_rate'],
        first=options['exclude_first'])
    if case['out'] is None:
        assert index is None
    else:
        assert torch.equal(index, case['out'][:, :, 0])


@pytest.mark.parametrize('rule', RULES)
def test_token_pooling(golden, rule):
    case = golden[f'block_{rule}']
    layer = TransformerEncoderLayer(
        32, 4, 96, qkv_bias=False, norm_cfg=dict(type='LN', eps=1e-6)).eval()
    state = {f'vit.blocks.0.{k}': v for k, v in case['state'].items()}
    keys = {k: v.removeprefix('neck.layers.0.')
            for k, v in FORMATS['apvit'].keys({}).items() if k in state}
    layer.load_state_dict(rename(state, keys, 'apvit'))
    pooling = AttentiveTokenPooling(0.8, RULES[rule])
    out, index = pooling(layer, case['x'])
    assert torch.equal(index, case['keep'])
    assert _close(out, case['y'])
    attended, _ = attend(layer.attn, layer.ln1(case['x']))
    assert _close(attended, case['attn_out'])


def test_equal_batch_and_tokens(golden):
    """There the released code forgets to pool; we do not."""
    (batch, forgotten, dims), (_, pooled, _) = golden[
        'quirk_batch_eq_tokens']
    assert batch == forgotten
    layer = TransformerEncoderLayer(dims, 4, 8)
    out, _ = AttentiveTokenPooling(0.5)(layer, torch.randn(batch, batch, dims))
    assert out.shape == (batch, pooled, dims)


def test_transformer(golden):
    """Every choice of a narrow one, its output and its gradients."""
    case = golden['pooling_vit']
    model = MODELS.build(
        dict(
            type='PoolingVisionTransformer',
            arch=dict(
                embed_dims=48,
                num_layers=8,
                num_heads=8,
                feedforward_channels=144),
            img_size=14,
            patch_size=1,
            in_channels=24,
            qkv_bias=False,
            patch_pooling=dict(type='AttentivePatchPooling', keep=160),
            keep_rates=[1.] * 4 + [0.9] * 4))
    source = {f'vit.{key}': value for key, value in case['state'].items()}
    keys = {key: target.removeprefix('neck.')
            for key, target in FORMATS['apvit'].keys({}).items()
            if key in source}
    state = rename(source, keys, 'apvit')
    state['pos_embed'] = torch.cat(
        [state.pop('cls_pos_embed'), state.pop('patch_pos_embed')], 1)
    model.load_state_dict(state)
    layers = []
    for pooling in model.token_pooling:
        pooling.register_forward_hook(
            lambda module, args, out: layers.append(out[0]))
    exits, token = model(case['x'])
    assert [out.size(1) for out in layers] == case['n_tokens']
    assert _close(layers[0], case['tok_first'])
    assert _close(layers[-1], case['tok_last'])
    scores = model.patch_pooling.scores(
        model.patch_embed.projection(case['x']))
    assert _close(scores, case['attn_map'].flatten(1))
    torch.testing.assert_close(token, case['y'], rtol=0, atol=2e-4)

    alive = torch.arange(196).expand(2, -1)
    for number, kept in enumerate(case['kept']):
        if kept is not None:
            alive = alive.gather(1, kept if number == 0 else kept[:, 1:] - 1)
        for n in range(2):
            ours = (exits[n].flatten() > number).nonzero().squeeze(1)
            assert torch.equal(ours, alive[n]), number

    token.square().sum().backward()
    wanted = case['grad_sq']
    grads = dict(model.named_parameters())
    for key, target in keys.items():
        if target.endswith('pos_embed'):
            first = target.startswith('cls')
            grad = grads['pos_embed'].grad
            grad = grad[:, :1] if first else grad[:, 1:]
        else:
            grad = grads[target].grad
        other = wanted[key.removeprefix('vit.')]
        assert (grad - other).norm() <= 1e-3 * other.norm() + 1e-4, key


# -- the recipe for RAF-DB


@pytest.fixture(scope='module')
def recipe():
    return Config.fromfile(
        CONFIGS / 'apvit/apvit_ir50-vit-small_1xb128_rafdb.py')


def test_first_cross_entropy(recipe):
    """The head starts at zero: all seven classes are equally likely."""
    torch.manual_seed(0)
    model = MODELS.build(narrow_hybrid(recipe.copy().model))
    model.init_weights()
    samples = [FERDataSample().set_gt_label(i) for i in (0, 3, 6)]
    losses = model(torch.randn(3, 3, 112, 112), samples, mode='loss')
    assert losses['loss'].item() == pytest.approx(math.log(7), rel=1e-6)


def test_rare_expressions_are_repeated(recipe, tmp_path):
    """With RAF-DB's counts; the pictures of the list are never opened."""
    (tmp_path / 'EmoLabel').mkdir()
    images = tmp_path / 'Image/aligned'
    images.mkdir(parents=True)
    counts = RAFDB.OFFICIAL_COUNTS['train']  # in the order of the list
    labels = [label for label, count in enumerate(counts.values(), 1)
              for _ in range(count)]
    (tmp_path / 'EmoLabel/list_patition_label.txt').write_text(''.join(
        f'train_{i:05d}.jpg {label}\n' for i, label in enumerate(labels)))
    (images / 'train_00000_aligned.jpg').touch()
    cfg = recipe.train_dataloader.copy().dataset
    cfg.dataset.data_root = str(tmp_path)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        dataset = DATASETS.build(cfg)
    classes = dataset.metainfo['classes']
    seen = Counter(classes[dataset.get_cat_ids(i)[0]]
                   for i in range(len(dataset)))
    assert {name: seen[name] / counts[name] for name in counts} == dict(
        surprise=2, fear=3, disgust=2, happiness=1, sadness=1, anger=2,
        neutral=1)
    assert len(dataset) == 15545
