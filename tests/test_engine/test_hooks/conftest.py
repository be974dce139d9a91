# Copyright (c) mmfer contributors.
"""A tiny FERPlus tree and a tiny run on it."""
import os

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.logging import MMLogger, MessageHub
from mmengine.model import BaseModule
from mmengine.runner import Runner
from mmengine.visualization import Visualizer
from torch import nn

import mmfer  # noqa: F401
from mmfer.registry import MODELS


@MODELS.register_module()
class _GridBackbone(BaseModule):
    """Scaled mean brightness in a grid of 3x3."""

    def __init__(self, init_cfg=None):
        super().__init__(init_cfg)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        grid = F.adaptive_avg_pool2d(x.mean(1, keepdim=True), 3)
        return (self.scale * grid.flatten(1), )


def _write(root, folder, per_class, seed):
    """The class is the bright one of nine fields, now and then another."""
    random = np.random.default_rng(seed)
    folder = root / 'data' / folder
    folder.mkdir(parents=True)
    rows = []
    # Unequal classes: 2, 3, ... samples more, so that orders can be told.
    labels = [c for c in range(8) for _ in range(per_class + c)]
    for i, label in enumerate(labels):
        shown = label if random.random() < 0.8 else int(random.integers(8))
        img = random.integers(0, 60, (12, 12), dtype=np.uint8)
        y, x = divmod(shown, 3)
        img[4 * y:4 * y + 4, 4 * x:4 * x + 4] = 255
        name = f'fer{i:07d}.png'
        assert cv2.imwrite(os.fspath(folder / name), img)
        votes = [0] * 10
        votes[label], votes[(label + 1) % 8] = 7, 3
        rows.append(f'{name},"(0, 0, 48, 48)",' + ','.join(map(str, votes)))
    (folder / 'label.csv').write_text('\n'.join(rows) + '\n')


@pytest.fixture(scope='session')
def toy_root(tmp_path_factory):
    """A FERPlus tree with 60 training and 44 validation images."""
    root = tmp_path_factory.mktemp('ferplus')
    _write(root, 'FER2013Train', 4, 0)
    _write(root, 'FER2013Valid', 2, 1)
    _write(root, 'FER2013Test', 2, 2)
    return root


def _make_cfg(toy_root, work_dir, **options):
    """The config of a toy run.

    Args:
        **options: Dotted keys, ``__`` for dots, laid over it.
    """
    pipeline = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]

    def loader(split, training):
        return dict(
            batch_size=8,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=training),
            dataset=dict(
                type='FERPlus',
                data_root=os.fspath(toy_root),
                split=split,
                test_mode=not training,
                pipeline=pipeline))

    cfg = Config(
        dict(
            default_scope='mmpretrain',
            work_dir=os.fspath(work_dir),
            model=dict(
                type='ImageClassifier',
                data_preprocessor=dict(
                    type='ClsDataPreprocessor',
                    mean=[60.] * 3,
                    std=[60.] * 3),
                backbone=dict(type='_GridBackbone'),
                head=dict(
                    type='LinearClsHead', num_classes=8, in_channels=9)),
            train_dataloader=loader('train', True),
            val_dataloader=loader('valid', False),
            test_dataloader=loader('test', False),
            train_cfg=dict(by_epoch=True, max_epochs=3),
            val_cfg=dict(),
            test_cfg=dict(),
            val_evaluator=dict(type='FERMetric'),
            test_evaluator=dict(type='FERMetric'),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
            default_hooks=dict(
                logger=dict(type='LoggerHook', interval=100),
                checkpoint=dict(
                    type='CheckpointHook',
                    interval=1,
                    save_best='expr/uar',
                    rule='greater')),
            custom_hooks=[
                dict(type='LabelSpaceHook'),
                dict(type='ProtocolHook')
            ],
            randomness=dict(seed=0),
            launcher='none'))
    cfg.merge_from_dict(
        {key.replace('__', '.'): value
         for key, value in options.items()})
    return cfg


def _make_runner(toy_root, work_dir, **options):
    _make_runner.count = getattr(_make_runner, 'count', 0) + 1
    cfg = _make_cfg(toy_root, work_dir, **options)
    cfg.experiment_name = f'toy{os.getpid()}_{_make_runner.count}'
    return Runner.from_cfg(cfg)


@pytest.fixture
def toy_runner(toy_root, tmp_path):
    """A function that makes a fresh runner in one work directory."""

    def make(**options):
        return _make_runner(toy_root, tmp_path / 'run', **options)

    yield make
    for kind in (MMLogger, MessageHub, Visualizer):
        for name in [n for n in kind._instance_dict if n.startswith('toy')]:
            kind._instance_dict.pop(name)


@pytest.fixture(scope='session')
def trained(toy_root, tmp_path_factory):
    """The checkpoint of a run and its result on the test split."""
    work_dir = tmp_path_factory.mktemp('trained')
    runner = _make_runner(toy_root, work_dir)
    runner.train()
    path = os.path.join(runner.work_dir, 'epoch_3.pth')
    result = _make_runner(toy_root, work_dir, load_from=path).test()
    assert 30 < result['expr/accuracy'] < 100
    return path, result


@pytest.fixture
def log_of():
    """A function that reads what a runner has logged."""

    def read(runner):
        path = os.path.join(runner.log_dir, f'{runner.timestamp}.log')
        with open(path, encoding='utf-8') as file:
            return file.read()

    return read
