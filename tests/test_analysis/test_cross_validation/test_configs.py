# Copyright (c) mmfer contributors.
import pytest
from mmengine.config import Config

from mmfer.analysis.cross_validation import Fold, fold_config
from mmfer.datasets.folds import take_subjects
from mmfer.errors import ConfigError


@pytest.fixture
def cfg():
    loader = dict(dataset=dict(
        type='InMemoryDataset', dataset=dict(type='FERCSV', split='train')))
    return Config(dict(
        train_dataloader=loader, val_dataloader=loader, val_evaluator={},
        val_cfg={}, test_dataloader=loader, test_evaluator={},
        default_hooks=dict(checkpoint=dict(
            type='CheckpointHook', interval=1, save_best='expr/uar',
            rule='greater'))))


def _kept(cfg, loader):
    dataset = cfg[loader].dataset.dataset
    assert dataset.split == 'all'
    people = [dict(subject=name) for name in 'pqrs']
    return ''.join(p['subject']
                   for p in take_subjects(people, dataset.subjects, ''))


def test_last_epoch(cfg):
    made = fold_config(cfg, Fold('q', ('q', )), 'all', 3, 'folder')
    assert _kept(made, 'train_dataloader') == 'prs'
    assert _kept(made, 'test_dataloader') == 'q'
    assert made.val_dataloader is made.val_cfg is made.val_evaluator is None
    hook = made.default_hooks.checkpoint
    assert hook.save_best is None and hook.save_last and hook.interval == -1
    assert made.randomness.seed == 3 and made.work_dir == 'folder'
    assert 'subjects' not in cfg.train_dataloader.dataset.dataset


def test_inner_validation(cfg):
    made = fold_config(cfg, Fold('q', ('q', ), ('s', )), 'all', 0, 'folder')
    assert _kept(made, 'train_dataloader') == 'pr'
    assert _kept(made, 'val_dataloader') == 's'
    assert _kept(made, 'test_dataloader') == 'q'
    hook = made.default_hooks.checkpoint
    assert hook.save_best == 'expr/uar' and not hook.save_last


def test_bad_inner_validation_without_a_metric(cfg):
    cfg.default_hooks.checkpoint.save_best = None
    with pytest.raises(ConfigError, match='save_best is None'):
        fold_config(cfg, Fold('q', ('q', ), ('s', )), 'all', 0, 'folder')


def test_bad_several_datasets(cfg):
    cfg.train_dataloader.dataset = dict(type='ConcatDataset', datasets=[])
    with pytest.raises(ConfigError, match='give it one dataset'):
        fold_config(cfg, Fold('q', ('q', )), 'all', 0, 'folder')
