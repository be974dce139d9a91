# Copyright (c) mmfer contributors.
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch import nn

import mmfer  # noqa: F401


class _Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x)


def _wrapper(model, **kwargs):
    init_default_scope('mmpretrain')
    return build_optim_wrapper(
        model,
        dict(
            type='AutocastOptimWrapper',
            optimizer=dict(type='SGD', lr=0.1),
            **kwargs))


def test_forward_runs_in_bfloat16_and_weights_stay_float32():
    model = _Net()
    wrapper = _wrapper(model)
    with wrapper.optim_context(model):
        out = model(torch.randn(1, 3, 8, 8))
    assert out.dtype == torch.bfloat16
    before = model.conv.weight.detach().clone()
    wrapper.update_params(out.float().square().mean())
    assert model.conv.weight.dtype == torch.float32
    assert not torch.equal(before, model.conv.weight)


def test_disabled_is_plain_float32():
    model = _Net()
    with _wrapper(model, enabled=False).optim_context(model):
        assert model(torch.randn(1, 3, 8, 8)).dtype == torch.float32


def test_gradient_accumulation_still_works():
    model = _Net()
    wrapper = _wrapper(model, accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 4)
    weight = model.conv.weight.detach().clone()
    changed = []
    for _ in range(2):
        with wrapper.optim_context(model):
            loss = model(torch.ones(1, 3, 8, 8)).float().mean()
        wrapper.update_params(loss)
        changed.append(not torch.equal(weight, model.conv.weight))
    assert changed == [False, True]
