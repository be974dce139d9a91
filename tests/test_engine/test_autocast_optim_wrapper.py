# Copyright (c) mmfer contributors.
import copy
import os

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import CheckpointLoader, Runner
from torch import nn

import mmfer  # noqa: F401
from mmfer.apis import run
from ..toys import make_ferplus, small_config

DTYPES = dict(bfloat16=torch.bfloat16, float16=torch.float16)
SMALL = dict(dtype='float16', loss_scale=dict(init_scale=128.))


class _Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x)


def _wrapper(model, optimizer='SGD', **kwargs):
    init_default_scope('mmpretrain')
    return build_optim_wrapper(
        model,
        dict(
            type='AutocastOptimWrapper',
            optimizer=dict(type=optimizer, lr=0.1),
            **kwargs))


def _step(wrapper, model, images, factor=1.):
    with wrapper.optim_context(model):
        out = model(images)
    wrapper.update_params(out.float().square().mean() * factor)
    return out.dtype


@pytest.mark.parametrize('dtype', DTYPES)
def test_forward_is_cast_and_weights_stay_float32(dtype):
    model = _Net()
    wrapper = _wrapper(model, dtype=dtype)
    before = model.conv.weight.detach().clone()
    assert _step(wrapper, model, torch.randn(1, 3, 8, 8)) == DTYPES[dtype]
    assert model.conv.weight.dtype == torch.float32
    assert not torch.equal(before, model.conv.weight)


@pytest.mark.parametrize('dtype', DTYPES)
def test_disabled_is_plain_float32(dtype):
    torch.manual_seed(0)
    images = torch.randn(2, 3, 8, 8)
    plain = _Net()
    model = copy.deepcopy(plain)
    wrapper = _wrapper(model, enabled=False, dtype=dtype)
    assert _step(wrapper, model, images) == torch.float32
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    plain(images).square().mean().backward()
    optimizer.step()
    assert torch.equal(model.conv.weight, plain.conv.weight)
    assert 'loss_scaler' not in wrapper.state_dict()


def test_scaling_keeps_gradients_that_float16_would_lose():
    """The gradient of an output is far below float16's least number."""
    torch.manual_seed(0)
    images, model = torch.randn(1, 3, 8, 8), _Net()

    def gradient(scale):
        copied = copy.deepcopy(model)
        wrapper = _wrapper(
            copied, dtype='float16', loss_scale=dict(init_scale=scale))
        with wrapper.optim_context(copied):
            out = copied(images)
        wrapper.backward(out.float().square().mean() * 1e-6)
        return copied.conv.weight.grad / scale

    (model(images).square().mean() * 1e-6).backward()
    expected = model.conv.weight.grad
    error = (gradient(2.**14) - expected).norm() / expected.norm()
    assert error < 0.01
    assert (gradient(1.) - expected).norm() / expected.norm() > 0.5


def test_overflow_is_skipped_and_lowers_the_scale():
    model = _Net()
    wrapper = _wrapper(model, dtype='float16')
    before = model.conv.weight.detach().clone()
    _step(wrapper, model, torch.randn(1, 3, 8, 8), factor=float('inf'))
    assert torch.equal(before, model.conv.weight)
    assert wrapper.state_dict()['loss_scaler']['scale'] == 2.**15
    _step(wrapper, model, torch.randn(1, 3, 8, 8))
    assert model.conv.weight.isfinite().all()
    assert not torch.equal(before, model.conv.weight)


@pytest.mark.parametrize('dtype', DTYPES)
def test_gradient_accumulation_still_works(dtype):
    model = _Net()
    wrapper = _wrapper(model, dtype=dtype, accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 4)
    weight = model.conv.weight.detach().clone()
    changed = []
    for _ in range(2):
        _step(wrapper, model, torch.ones(1, 3, 8, 8))
        changed.append(not torch.equal(weight, model.conv.weight))
    assert changed == [False, True]


@pytest.mark.parametrize('options', [dict(), SMALL], ids=DTYPES)
def test_clipping_sees_the_unscaled_gradient(options):
    model = _Net()
    options = dict(options, clip_grad=dict(max_norm=0.01))
    wrapper = _wrapper(model, **options)
    before = [p.detach().clone() for p in model.parameters()]
    _step(wrapper, model, torch.randn(1, 3, 8, 8), factor=10.)
    step = torch.stack([(p - b).norm()
                        for p, b in zip(model.parameters(), before)]).norm()
    assert step.item() == pytest.approx(0.1 * 0.01, rel=1e-3)


@pytest.mark.parametrize('fused', [False, True])
def test_state_is_restored_exactly(fused, tmp_path):
    """With a growing scale: ten steps are five, a checkpoint, and five."""
    scale = dict(init_scale=4., growth_interval=3)
    torch.manual_seed(0)
    images, start = torch.randn(10, 2, 3, 8, 8), _Net()

    def make(model):
        wrapper = _wrapper(
            model, 'AdamW', dtype='float16', loss_scale=dict(scale))
        wrapper.optimizer.param_groups[0]['fused'] = fused
        return wrapper

    whole, half = copy.deepcopy(start), copy.deepcopy(start)
    wrapper = make(whole)
    for batch in images:
        _step(wrapper, whole, batch)
    first = make(half)
    for batch in images[:5]:
        _step(first, half, batch)
    path = os.fspath(tmp_path / 'half.pth')
    torch.save(dict(model=half.state_dict(), optim=first.state_dict()), path)

    loaded = CheckpointLoader.load_checkpoint(path, 'cpu')  # in safe mode
    resumed = _Net()
    second = make(resumed)
    resumed.load_state_dict(loaded['model'])
    second.load_state_dict(loaded['optim'])
    assert 'loss_scaler' in loaded['optim'], 'what is given stays as it is'
    for batch in images[5:]:
        _step(second, resumed, batch)
    assert torch.equal(whole.conv.weight, resumed.conv.weight)
    final = [w.state_dict()['loss_scaler'] for w in (wrapper, second)]
    assert final[0] == final[1] and final[0]['scale'] == 4. * 2**3


@pytest.mark.parametrize('old, new', [('float16', 'bfloat16'),
                                      ('bfloat16', 'float16')])
def test_another_precision_can_be_resumed(old, new):
    model = _Net()
    first = _wrapper(model, 'AdamW', dtype=old)
    _step(first, model, torch.randn(1, 3, 8, 8))
    second = _wrapper(model, 'AdamW', dtype=new)
    second.load_state_dict(first.state_dict())
    _step(second, model, torch.randn(1, 3, 8, 8))
    state = second.optimizer.state[model.conv.weight]
    assert state['step'] == 2
    assert ('loss_scaler' in second.state_dict()) == (new == 'float16')


def test_resumed_run_in_float16_equals_an_uninterrupted_one(tmp_path):
    root = make_ferplus(tmp_path / 'data', per_class=2)
    make_ferplus(root, 'valid', per_class=1)

    def config(name, **options):
        return small_config(root, tmp_path / name, 2, optim_wrapper=SMALL,
                            model__head__init_cfg=None, **options)

    Runner.from_cfg(config('whole')).train()
    resumed = config('again', resume=True,
                     load_from=os.fspath(tmp_path / 'whole/epoch_1.pth'))
    Runner.from_cfg(resumed).train()
    found = [
        CheckpointLoader.load_checkpoint(
            os.fspath(tmp_path / name / 'epoch_2.pth'), 'cpu')
        for name in ('whole', 'again')
    ]
    assert found[0]['optimizer']['loss_scaler']['_growth_tracker'] == 4
    assert (found[0]['optimizer']['loss_scaler'] ==
            found[1]['optimizer']['loss_scaler'])
    for key, value in found[0]['state_dict'].items():
        assert torch.equal(value, found[1]['state_dict'][key]), key


@pytest.mark.parametrize('kwargs, told', [
    (dict(dtype='fp16'), r"\['bfloat16', 'float16'\], got 'fp16'"),
    (dict(dtype='float32'), 'enabled=False'),
    (dict(dtype=torch.float16), 'torch.float16'),
    (dict(dtype=None), 'got None'),
    (dict(loss_scale=dict(init_scale=2.)), 'for float16 only'),
], ids=['short name', 'float32', 'no text', 'none', 'scale for bfloat16'])
def test_bad_arguments(kwargs, told):
    with pytest.raises(ValueError, match=told):
        _wrapper(_Net(), **kwargs)


@pytest.mark.parametrize('kind, expected', [
    ('OptimWrapper', dict(type='AmpOptimWrapper', loss_scale='dynamic')),
    ('AutocastOptimWrapper',
     dict(type='AutocastOptimWrapper', dtype='float16', enabled=True)),
])
def test_amp_option_is_float16_with_loss_scaling(monkeypatch, kind, expected):
    """As on a machine with an accelerator."""
    monkeypatch.setattr(run, 'require_accelerator', lambda: None)
    cfg = Config(dict(optim_wrapper=dict(type=kind)))
    run.set_training(cfg, amp=True)
    assert cfg.optim_wrapper == expected
