# Copyright (c) mmfer contributors.
"""Bare names of mmfer work wherever MMPretrain builds parts."""
import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import mmengine.registry
import mmpretrain
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import FUNCTIONS, Registry
from mmengine.runner import CheckpointLoader, Runner

import mmfer
from mmfer.models import FERClassifier
from mmfer.structures import LabelSpace

SOURCE = Path(mmfer.__file__).parent

# An MMPretrain config with bare names of ours laid over it.
CHILD = '''
_base_ = 'mmpretrain::resnet/resnet18_8xb16_cifar10.py'
custom_imports = dict(imports=['mmfer'], allow_failed_imports=False)
pipeline = [
    dict(type='LoadFERImage'),
    dict(type='FaceResize', size=32),
    dict(type='PackFERInputs'),
]
train_dataloader = dict(
    batch_size=8, num_workers=0, persistent_workers=False,
    dataset=dict(_delete_=True, type='FERPlus', data_root={data!r},
                 indices=8, pipeline=pipeline))
val_dataloader = dict(
    num_workers=0, persistent_workers=False,
    dataset=dict(_delete_=True, type='FERPlus', data_root={data!r},
                 split='valid', pipeline=pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type='FERMetric')
test_evaluator = val_evaluator
data_preprocessor = dict(num_classes=8)
model = dict(type='FERClassifier',
             backbone=dict(base_channels=8),
             head=dict(num_classes=8, in_channels=64))
optim_wrapper = dict(type='AutocastOptimWrapper')
train_cfg = dict(max_epochs=1)
custom_hooks = [dict(type='EpochSeedHook'), dict(type='LabelSpaceHook')]
default_hooks = dict(checkpoint=dict(save_best='expr/f1'))
work_dir = {work_dir!r}
'''


def test_default_runner(trained):
    """The fixture ran a config of ours in the default scope mmpretrain."""
    assert Config.fromfile(trained.config).default_scope == 'mmpretrain'
    assert trained.checkpoint.is_file()


def test_config_inherits_from_mmpretrain(trained):
    path = trained.folder / 'child.py'
    path.write_text(
        CHILD.format(
            data=os.fspath(trained.data),
            work_dir=os.fspath(trained.folder / 'child')))
    cfg = Config.fromfile(path)
    assert cfg.model['_scope_'] == 'mmpretrain'
    runner = Runner.from_cfg(cfg)
    before = runner.model.head.fc.weight.detach().clone()
    runner.train()
    assert isinstance(runner.model, FERClassifier)
    assert not torch.equal(before, runner.model.head.fc.weight)
    assert list(trained.folder.glob('child/best_expr_f1_*.pth'))


@pytest.mark.parametrize('form', ['path', 'config'])
def test_get_model(trained, form):
    config = os.fspath(trained.config)
    model = mmpretrain.get_model(
        config if form == 'path' else Config.fromfile(config),
        pretrained=os.fspath(trained.checkpoint))
    assert isinstance(model, FERClassifier)
    trained_weight = CheckpointLoader.load_checkpoint(
        os.fspath(trained.checkpoint))['state_dict']['head.fc.weight']
    assert torch.equal(model.head.fc.weight, trained_weight)
    assert list(model._dataset_meta['classes']) == list(
        LabelSpace.get('ferplus').classes)


@pytest.mark.parametrize('form', ['file', 'array'])
def test_inferencer(trained, form):
    import cv2
    inferencer = mmpretrain.ImageClassificationInferencer(
        os.fspath(trained.config),
        pretrained=os.fspath(trained.checkpoint),
        device='cpu')
    path = os.fspath(
        trained.data / 'data/FER2013Test/fer0000003.png')
    face = path if form == 'file' else cv2.imread(path)
    result, = inferencer(face)
    assert result['pred_class'] in LabelSpace.get('ferplus').classes
    assert result['pred_scores'].shape == (8, )
    assert result['pred_scores'].sum() == pytest.approx(1, abs=1e-4)


def test_train_script_of_mmpretrain(trained):
    """Its installed script, not ours, in a process of its own."""
    script = Path(mmpretrain.__file__).parent / '.mim/tools/train.py'
    work_dir = trained.folder / 'foreign'
    done = subprocess.run(
        [sys.executable, script, trained.config, '--work-dir', work_dir,
         '--no-persistent-workers', '--no-pin-memory', '--cfg-options',
         'train_cfg.max_epochs=1', 'param_scheduler.total_steps=1'],
        env={**os.environ, 'PYTHONPATH': os.fspath(SOURCE.parent)},
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (work_dir / 'epoch_1.pth').is_file()
    assert list(work_dir.glob('best_expr_uar_*.pth'))


# -- names


def all_registries():
    """Every registry of MMEngine and its children, all parts imported."""
    for module in ('mmpretrain.models', 'mmpretrain.datasets',
                   'mmpretrain.engine', 'mmpretrain.evaluation',
                   'mmpretrain.visualization', 'mmengine.runner',
                   'mmengine.hooks', 'mmengine.visualization', 'mmcv.cnn',
                   'mmcv.transforms'):
        import_module(module)
    found = []
    pending = [r for r in vars(mmengine.registry).values()
               if isinstance(r, Registry)]
    while pending:
        registry = pending.pop()
        found.append(registry)
        pending.extend(registry.children.values())
    return found


def ours(cls):
    return getattr(cls, '__module__', '').split('.')[0] == 'mmfer'


def test_names_of_ours_are_unique():
    """No part of mmfer has the name of a part of another package, in any
    registry, nor the name of another part of mmfer."""
    theirs, mine = {}, []
    for registry in all_registries():
        for name, cls in registry.module_dict.items():
            if ours(cls):
                # MMPretrain has no registry of functions.
                assert registry.scope == 'mmpretrain' or (
                    registry is FUNCTIONS), (name, registry)
                mine.append(name)
            else:
                theirs[name] = f'{cls} in {registry.scope}::{registry.name}'
    assert len(theirs) > 500 and len(mine) > 10
    shadowed = {name: theirs[name] for name in mine if name in theirs}
    assert not shadowed
    assert sorted(mine) == sorted(set(mine))


def test_no_registration_is_forced():
    root = SOURCE.parent
    files = [p for folder in ('mmfer', 'tools', 'configs', 'tests')
             for p in (root / folder).rglob('*.py') if '.mim' not in p.parts]
    assert len(files) > 40
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            forced = isinstance(node, ast.keyword) and node.arg == 'force' \
                and getattr(node.value, 'value', None) is not False
            assert not forced, f'{path}, line {node.value.lineno}'
