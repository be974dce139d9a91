# Copyright (c) mmfer contributors.
import os
import shutil

import pytest
import torch
from mmengine.model import BaseModule
from mmengine.runner import CheckpointLoader, Runner
from torch import nn

from mmfer.engine import CompileHook
from mmfer.registry import MODELS
from ...toys import make_ferplus, small_config


@MODELS.register_module()
class _TwoConvolutions(BaseModule):
    """Small, so that compiling takes a second."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Conv2d(4, 8, 3, 2))

    def forward(self, x):
        return (self.net(x), )


def _config(root, work_dir, epochs=2, **options):
    """The toy run in float32, with that backbone."""
    cfg = small_config(root, work_dir, epochs, **options)
    cfg.model.backbone = dict(type='_TwoConvolutions')
    cfg.model.head.update(in_channels=8, init_cfg=None)
    cfg.optim_wrapper.enabled = False
    return cfg


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = make_ferplus(tmp_path_factory.mktemp('data'), per_class=2)
    return make_ferplus(root, 'valid', per_class=1)


def _run(root, work_dir, epochs=2, hook=None, **options):
    """A run of a few batches, compiled if the hook has arguments."""
    cfg = _config(root, work_dir, epochs, **options)
    if hook is not None:
        cfg.default_hooks.compile = dict(type='CompileHook', **hook)
    runner = Runner.from_cfg(cfg)
    runner.train()
    path = os.path.join(work_dir, f'epoch_{epochs}.pth')
    return runner, CheckpointLoader.load_checkpoint(path, 'cpu')


def _assert_same(one, two, **tolerance):
    assert list(one['state_dict']) == list(two['state_dict'])
    for key, value in one['state_dict'].items():
        torch.testing.assert_close(two['state_dict'][key], value, **tolerance,
                                   msg=lambda text: f'{key}: {text}')


def test_compiled_and_resumed_either_way_is_the_same_run(root, tmp_path):
    """The eager backend traces for real and computes with torch's kernels,
    so that results agree to the bit."""
    hook = dict(backend='eager')
    _, plain = _run(root, tmp_path / 'plain')
    runner, compiled = _run(root, tmp_path / 'compiled', hook=hook)
    assert runner.model.backbone._compiled_call_impl is not None
    assert not [k for k in compiled['state_dict'] if '_orig_mod' in k]
    _assert_same(plain, compiled, rtol=0, atol=0)
    for start, then in (('plain', hook), ('compiled', None)):
        again = tmp_path / f'from_{start}'
        again.mkdir()
        shutil.copy(tmp_path / start / 'epoch_1.pth', again)
        _, resumed = _run(root, again, hook=then, resume=True,
                          load_from=os.fspath(again / 'epoch_1.pth'))
        _assert_same(plain, resumed, rtol=0, atol=0)


def test_no_graph_breaks_and_no_new_cases_after_the_first_epoch(
        root, tmp_path):
    """One graph for training, one for validation, not one for each step."""
    graphs = []

    def counting(graph, inputs):
        graphs.append(graph)
        return graph.forward

    torch._dynamo.reset()
    hook = dict(backend=counting, parts=['backbone'], fullgraph=True)
    runner = Runner.from_cfg(_config(root, tmp_path, 3))
    runner.register_hook(dict(type='CompileHook', **hook))
    counts = []
    runner.model.head.register_forward_hook(
        lambda *_: counts.append(len(graphs)))
    runner.train()
    assert 1 <= counts[-1] <= 3 and counts[-1] == counts[len(counts) // 2]


@pytest.mark.slow
def test_inductor_really_compiles(root, tmp_path):
    """Kernels of its own round differently; AdamW with a rate of 0.01 takes
    steps of that length, so that two steps differ by far less."""
    _, plain = _run(root, tmp_path / 'plain', 1)
    _, compiled = _run(root, tmp_path / 'compiled', 1, hook=dict())
    _assert_same(plain, compiled, rtol=5e-2, atol=5e-3)


def test_missing_neck_is_left_out(root, tmp_path):
    runner = Runner.from_cfg(_config(root, tmp_path))
    runner.model.neck = None
    CompileHook(backend='eager').before_train(runner)
    assert runner.model.backbone._compiled_call_impl is not None


def test_bad_part_is_named(root, tmp_path):
    runner = Runner.from_cfg(_config(root, tmp_path))
    with pytest.raises(ValueError, match="no part 'body'.*'backbone'"):
        CompileHook(parts=['body']).before_train(runner)
