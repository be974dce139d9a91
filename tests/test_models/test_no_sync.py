# Copyright (c) mmfer contributors.
"""A training step never makes the host wait for the device.

Three looks at it: the step on a GPU that refuses to wait, where there is one;
the step on any device under a watch for operators that would wait; and the
source code, line by line.
"""
import ast
import inspect
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS

import mmfer
from mmfer.structures import FERDataSample
from ..sync_guard import ForbidWaits, Waits, find_waits
from ..toys import narrow_hybrid, picture_shape

ROOT = Path(mmfer.__file__).parents[1]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'mmfer/models').rglob('*.py')
    if path.name != '__init__.py')
init_default_scope('mmpretrain')


def _config_families():
    """One config for each head, neck, loss and classifier in each folder."""
    families = {}
    for path in sorted((ROOT / 'configs').glob('*/*.py')):
        if path.parent.name == '_base_':
            continue
        cfg = Config.fromfile(path)
        model = dict(cfg.model, backbone=None, folder=path.parent.name)
        model['head'] = dict(
            model['head'], in_channels=0, num_classes=0, init_cfg=None)
        # Prefer those with the smallest pictures.
        size = _input_size(cfg)
        key = repr(sorted(model.items(), key=str))
        if key not in families or size < families[key][0]:
            families[key] = (size, path.relative_to(ROOT).as_posix())
    return sorted(path for _, path in families.values())


def _input_size(cfg):
    if cfg.model.backbone.type in (
            'ResNet', 'ConvNeXt',
            'MobileNetV3') and 'feat_size' not in cfg.model.head:
        return 32  # works at any size
    for transform in cfg.test_dataloader.dataset.pipeline:
        if 'size' in transform:
            return transform['size']
    return cfg.test_dataloader.dataset.get('image_size', 112)


# What a loss may ask for by name: 6 samples, 7 classes, 8 channels, 4 heads;
# 10 samples with action units, valence and arousal of which some are unknown.
def _inputs():
    torch.manual_seed(0)
    labels = torch.arange(6) % 7
    au_targets, va_targets = torch.ones(10, 5), torch.rand(10, 2)
    au_targets[::2], va_targets[:2] = torch.nan, torch.nan
    landmark_targets = torch.rand(6, 5, 2)
    landmark_targets[:2] = torch.nan
    return dict(
        features=torch.randn(6, 8, requires_grad=True),
        logits=torch.randn(6, 7, requires_grad=True),
        cls_score=torch.randn(6, 7, requires_grad=True),
        heads=torch.randn(6, 4, 8, requires_grad=True),
        weights=torch.linspace(.5, .6, 6, requires_grad=True),
        labels=labels,
        partner_labels=labels.flip(0),
        first=torch.randn(6, 7, 4, 4, requires_grad=True),
        second=torch.randn(6, 7, 4, 4, requires_grad=True),
        first_logits=torch.randn(6, 7, requires_grad=True),
        second_logits=torch.randn(6, 7, requires_grad=True),
        gates=torch.rand(6, 5, requires_grad=True),
        boxes=torch.rand(6, 5, 4).sort(2).values,
        window=torch.rand(6, 4).sort(1).values,
        whole_gate=torch.rand(6, requires_grad=True),
        neighbor_scores=torch.full((6, 3, 7), 1 / 7),
        shares=torch.rand(6, 3, requires_grad=True),
        label=labels,
        templates=torch.randn(7, 8),
        scores=torch.full((6, 7), 1 / 7),
        au_logits=torch.randn(10, 5, requires_grad=True),
        au_targets=au_targets,
        va=torch.rand(10, 2, requires_grad=True),
        va_targets=va_targets,
        landmarks=torch.rand(6, 5, 2, requires_grad=True),
        landmark_targets=landmark_targets)


_SETTINGS = dict(num_classes=7, in_channels=8, num_heads=4,
                 counts=[5, 4, 3, 2, 1, 3, 4])


def _own_losses():
    return sorted(name for name, kind in MODELS.module_dict.items()
                  if kind.__module__.startswith('mmfer.models.losses'))


def _call(function, known):
    """Call with all arguments that have no default, known by name."""
    wanted = {
        name: p
        for name, p in inspect.signature(function).parameters.items()
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD,
                                               p.KEYWORD_ONLY)
    }
    unknown = sorted(set(wanted) - set(known))
    assert not unknown, f'tell this test what {unknown} may be: _inputs'
    return function(**{name: known[name] for name in wanted})


def _model_step(name, device):
    """A function that takes a training step of a config."""
    cfg = Config.fromfile(ROOT / name)
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            narrow_hybrid(cfg.model),
            data_preprocessor=cfg.data_preprocessor))
    if model.label_bank is not None:
        model.label_bank.initialise([0, 1])
    model = model.to(device).train()
    size, classes = _input_size(cfg), cfg.model.head.num_classes
    samples = []
    for label in range(2):
        sample = FERDataSample().set_gt_label(label)
        sample.set_gt_landmarks(size * torch.rand(68, 2))
        sample.set_field(label, 'sample_idx', field_type='metainfo')
        if "'use_soft': True" in repr(cfg.model.head.to_dict()):
            sample.set_gt_score(torch.full((classes, ), 1 / classes))
        samples.append(sample)
    pipeline = cfg.train_dataloader.dataset.get('pipeline', ())
    views = [len(t.views) for t in pipeline if t['type'] == 'FaceViews']
    shape = (2, *views, *picture_shape(model, size))
    data = dict(
        inputs=torch.randint(0, 256, shape, dtype=torch.uint8),
        data_samples=samples)
    data = model.data_preprocessor(data, training=True)

    def step():
        losses = model(**data, mode='loss')
        sum(v for k, v in losses.items() if 'loss' in k).backward()
        return [weight.grad for weight in model.parameters()]

    return step


def _loss_step(name, device):
    """A function that computes one of our losses and its gradient."""
    loss = _call(MODELS.get(name), _SETTINGS).to(device)
    known = {k: v.detach().to(device).requires_grad_(v.requires_grad)
             for k, v in _inputs().items()}

    def step():
        value = _call(loss.forward, known)
        value = sum(value.values()) if isinstance(value, dict) else value
        value.backward()
        return [
            tensor.grad for tensor in (*known.values(), *loss.parameters())
            if tensor.requires_grad
        ]

    return step


def _assert_learns(grads):
    """A step that was left out would not wait either."""
    grads = [grad for grad in grads if grad is not None]
    assert grads and all(grad.isfinite().all() for grad in grads)
    assert any(grad.abs().sum() > 0 for grad in grads)


@contextmanager
def _refuse_on_cuda():
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode('error')
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode('default')


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
@pytest.mark.parametrize('make, name', [
    *[(_model_step, name) for name in _config_families()],
    *[(_loss_step, name) for name in _own_losses()]
])
def test_nothing_waits_on_a_gpu(make, name):
    step = make(name, 'cuda')
    step()  # libraries set themselves up, and wait
    with _refuse_on_cuda():
        grads = step()
    _assert_learns(grads)


@pytest.mark.parametrize('name', _config_families())
def test_a_step_of_each_config_family(name):
    step = _model_step(name, 'cpu')
    with ForbidWaits():
        grads = step()
    _assert_learns(grads)


@pytest.mark.parametrize('name', _own_losses())
def test_each_loss(name):
    step = _loss_step(name, 'cpu')
    with ForbidWaits():
        grads = step()
    _assert_learns(grads)


@pytest.mark.parametrize('path', SOURCES)
def test_source(path):
    found = find_waits((ROOT / path).read_text())
    assert not found, (
        f'{path} may wait for the device. Hint: torch.where, masks that '
        'multiply, non_blocking copies, whole batches; or a comment "# may '
        'wait: REASON" at the line or the def. ' + '; '.join(found))


def test_all_rooms_are_read():
    assert 'mmfer/models/classifiers/fer_classifier.py' in SOURCES
    rooms = {path.split('/')[2] for path in SOURCES}
    assert {'classifiers', 'data_preprocessors'} <= rooms


X = torch.tensor([0.5, -1., 2.])


@pytest.mark.parametrize('wait', [
    lambda: X.sum().item(), lambda: float(X[0]), lambda: int(X[0]),
    lambda: bool(X[0] > 0), lambda: X.tolist(), lambda: X.numpy(),
    lambda: X.cpu(), lambda: X[X > 0], lambda: X.nonzero(),
    lambda: torch.where(X > 0), lambda: X.masked_select(X > 0),
    lambda: X.unique(), lambda: torch.equal(X, X),
    lambda: torch.allclose(X, X), lambda: 1 if (X > 0).any() else 0,
    lambda: X.clone().__setitem__(X > 0, torch.ones(2)),
    lambda: torch.arange(3).repeat_interleave(torch.arange(3)),
    lambda: list(range(3))[torch.tensor(1)],
])
def test_bad_operations_are_refused(wait):
    wait()
    with pytest.raises(Waits), ForbidWaits():
        wait()
    wait()


def test_waiting_in_the_backward_pass_is_refused():

    class Clipped(torch.autograd.Function):

        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            return grad / max(1., grad.norm().item())

    x = torch.ones(3, requires_grad=True)
    with pytest.raises(Waits), ForbidWaits():
        Clipped.apply(x).sum().backward()


def test_good_operations_pass():
    with ForbidWaits():
        x = torch.randn(4, 3, requires_grad=True)
        mask = x > 0
        rows = x[torch.tensor([1, 0])] + x[None, 0]
        loss = torch.where(mask, x, 0).sum() / mask.sum().clamp(min=1)
        (loss + rows.sum() + x.masked_fill(mask, 0).sum()).backward()
        assert x.shape == (4, 3) and len(x) == 4


@pytest.mark.parametrize('line', [
    'x.item()', 'x.tolist()', 'x.cpu()', 'x.cuda()', 'x.detach().numpy()',
    'float(x)', 'int(x.sum())', 'int(x.max())', 'float(min(x))',
    'bool(self.count)', 'x.nonzero()', 'torch.nonzero(x)',
    'torch.where(x > 0)', 'torch.masked_select(x, y)',
    'x.masked_select(y)', 'x.unique()', 'torch.unique(x)',
    'torch.bincount(x)', 'torch.equal(x, y)', 'x[x > 0]', 'x[~y]',
    'x[y == 1, 0]', 'x[(x > 0) & y]', 'x[x.isnan()]', 'x[mask]',
    'x[valid_mask] = 0', 'keep = x > 0; y = x[keep]',
    'if (x > 0).any(): pass', 'z = 1 if x.isnan().all() else 0',
    'while x.any(): pass', 'assert x.isfinite().all()',
    'torch.tensor([1.], device=x.device)', '[s.gt_label for s in samples]',
    'for s in data_samples: pass', 'for i, s in enumerate(samples): pass',
    'for row, s in zip(logits, rest): pass', 'def inner(): return x.item()',
    'y = lambda: x.item()',
    'x.item()  # may wait:',
])
def test_bad_source_is_found(line):
    for head in ('class Loss:\n    def forward(self, x, y):\n        ',
                 'def loss(x, y):\n    '):
        ast.parse(head + line)
        assert find_waits(head + line), line


@pytest.mark.parametrize('line', [
    'float(alpha)', 'int(len(x) * 0.5)', 'int(x.shape[0] / 2)',
    'int(math.sqrt(x.size(1)))', 'x[0]', 'x[labels]', 'x[:, None]',
    'torch.where(x > 0, x, y)', 'if x.ndim > 1: pass', 'if self.any: pass',
    'torch.tensor([1.])', "torch.rand(3, device='cpu')",
    'for feat in feats: pass', 'for k, v in targets.items(): pass',
    'x.item()  # may wait: once an epoch',
    '[s.gt_label for s in samples]  # may wait: a plain list, on the host',
    'x.to(y.device, non_blocking=True)', 'if all(self.names): pass',
])
def test_good_source_passes(line):
    head = 'def loss(x, y, alpha: float):\n    '
    assert find_waits(head + line) == []


def test_marks_and_names_excuse_whole_functions():
    body = '\n    return x.tolist()\n'
    assert find_waits('def apply(x):' + body)
    assert not find_waits('def apply(x):  # may wait: between epochs' + body)
    assert not find_waits('def predict(x):' + body)
    assert not find_waits('class A:\n    def __repr__(self):\n        '
                          'return str(self.x.item())')
