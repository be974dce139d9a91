# Copyright (c) mmfer contributors.
import pytest
import torch
from mmengine.runner import CheckpointLoader

from mmfer.engine.hooks import LandmarkTreeHook
from mmfer.models.layers import LandmarkTree

FACES = dict(
    _delete_=True,
    type='SyntheticFER',
    size=16,
    image_size=32,
    pipeline=[dict(type='DrawSyntheticFace'), dict(type='PackFERInputs')])
NET = dict(
    type='LandmarkNet',
    order=dict(type='LandmarkTree', root=30),
    streams=dict(
        structure=dict(
            type='StructureStream', embed_channels=4, hidden_channels=4)))


def run_of(toy_runner, hook, **options):
    options = {
        'model': dict(
            _delete_=True,
            type='FERClassifier',
            data_preprocessor=dict(type='FERDataPreprocessor'),
            backbone=NET,
            head=dict(type='LinearClsHead', num_classes=8, in_channels=4)),
        # Steps of this length change any tree.
        'optim_wrapper__optimizer': dict(
            _delete_=True, type='Adam', lr=.2),
        'train_cfg__max_epochs': 2,
        'train_dataloader__dataset': FACES,
        'val_dataloader': None,
        'val_cfg': None,
        'val_evaluator': None,
        'default_hooks__checkpoint': dict(
            _delete_=True, type='CheckpointHook', interval=1),
        'custom_hooks': [dict(type='LandmarkTreeHook', **hook)],
        **options
    }
    return toy_runner(**options)


def saved(runner, epoch):
    """The tree of a checkpoint: its weights and its walk."""
    state = CheckpointLoader.load_checkpoint(
        f'{runner.work_dir}/epoch_{epoch}.pth')['state_dict']
    prefix = 'backbone.orders.structure.'
    return {key.removeprefix(prefix): value
            for key, value in state.items() if key.startswith(prefix)}


def test_tree_is_found_at_the_start_of_an_epoch(toy_runner, log_of):
    runner = run_of(toy_runner, {})
    runner.train()
    first, second = saved(runner, 1), saved(runner, 2)
    fresh = LandmarkTree(68, root=30)
    fresh.load_state_dict(first)
    assert torch.equal(fresh.walk, first['walk'])
    assert fresh.update() > 0
    assert torch.equal(fresh.walk, second['walk'])
    assert not torch.equal(first['edge_weights'], second['edge_weights'])
    text = log_of(runner)
    assert 'landmark trees: 0 of 67 edges are new' in text


def test_tree_is_found_every_so_many_steps(toy_runner, log_of):
    runner = run_of(
        toy_runner, dict(interval=2, until=.6),
        train_dataloader__batch_size=4,
        train_cfg=dict(_delete_=True, by_epoch=False, max_iters=8))
    runner.train()
    # Before steps 0, 2 and 4, no more before step 6.
    assert log_of(runner).count('of 67 edges are new') == 3


# Bad input


def test_bad_model_without_tree(toy_runner):
    with pytest.raises(ValueError, match='no tree of landmarks'):
        toy_runner(custom_hooks=[dict(type='LandmarkTreeHook')]).train()


def test_bad_run_without_epochs(toy_runner):
    with pytest.raises(ValueError, match='set interval=100'):
        run_of(toy_runner, {}, train_cfg=dict(
            _delete_=True, by_epoch=False, max_iters=2)).train()


@pytest.mark.parametrize('settings', [
    dict(interval=0), dict(until=0.), dict(until=1.1)])
def test_bad_settings(settings):
    with pytest.raises(ValueError):
        LandmarkTreeHook(**settings)
