# Copyright (c) mmfer contributors.
"""Three tasks through the runner, on drawn faces."""
import json
import os

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmfer.engine.gaussian_ramp import GaussianRamp
from mmfer.engine.hooks import TaskRampHook
from mmfer.registry import DATASETS, HOOKS
from mmfer.structures import AUGraph

FACES = dict(
    type='SyntheticFER', size=32, image_size=32, occlusion=0.,
    pipeline=[dict(type='DrawSyntheticFace'), dict(type='PackFERInputs')])


def _runner(work_dir, epochs=2, **options):
    def loader(split, size):
        return dict(
            batch_size=16, num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=split == 'train'),
            collate_fn=dict(type='fer_collate'),
            dataset=dict(FACES, split=split, size=size))

    evaluator = [
        dict(type=kind)
        for kind in ('FERMetric', 'AUMetric', 'VAMetric', 'MultiTaskScore')
    ]
    cfg = Config(
        dict(
            default_scope='mmpretrain',
            work_dir=os.fspath(work_dir),
            experiment_name=f'{work_dir.parent.name}{epochs}{len(options)}',
            model=dict(
                type='FERClassifier',
                data_preprocessor=dict(
                    type='FERDataPreprocessor', mean=[127.] * 3,
                    std=[60.] * 3),
                backbone=dict(
                    type='ResNet_CIFAR', depth=18, base_channels=2),
                neck=dict(type='GlobalAveragePooling'),
                head=dict(
                    type='MultiTaskFERHead', num_classes=8, in_channels=16,
                    task_weights=dict(au=.5, va=.5), task_heads=dict(
                        expr=dict(type='ImportanceHead'),
                        au=dict(type='AUGraphHead', au_set='synthetic',
                                loss=dict(type='ActionUnitLoss',
                                          threshold=.5)),
                        va=dict(type='VAHead')))),
            train_dataloader=loader('train', 32),
            val_dataloader=loader('valid', 24),
            train_cfg=dict(by_epoch=True, max_epochs=epochs),
            val_cfg=dict(),
            val_evaluator=evaluator,
            optim_wrapper=dict(optimizer=dict(type='Adam', lr=.01)),
            default_hooks=dict(
                logger=dict(type='LoggerHook', interval=1),
                checkpoint=dict(type='CheckpointHook', interval=1,
                                save_best='multi_task/score')),
            custom_hooks=[
                dict(type='TaskRampHook', ramps=dict(au=6, va=3)),
                dict(type='AUGraphHook', min_positives=3)
            ],
            randomness=dict(seed=0)))
    cfg.merge_from_dict(
        {key.replace('__', '.'): value for key, value in options.items()})
    return Runner.from_cfg(cfg)


def _graph():
    """The graph of the training set, from its annotations."""
    dataset = DATASETS.build(dict(FACES, split='train'))
    labels = np.stack([dataset.get_data_info(i)['gt_au'] for i in range(32)])
    return AUGraph.from_labels(labels >= .5, dataset.metainfo['au_names'],
                               min_positives=3)


def test_train_validate_resume(tmp_path):
    runner = _runner(tmp_path / 'run')
    runner.train()
    rows = [
        json.loads(line) for line in next(
            (tmp_path / 'run').glob('*/vis_data/scalars.json')).read_text()
        .splitlines()
    ]
    steps = [row for row in rows if 'loss' in row]
    assert len(steps) == 4
    for row in steps:
        names = [k for k in row if k.startswith('loss_')]
        assert sorted(names) == ['loss_au', 'loss_cls', 'loss_rank',
                                 'loss_semantic', 'loss_va']
        assert row['loss'] == pytest.approx(sum(row[k] for k in names),
                                            rel=1e-4)
    assert steps[0]['ramp_va'] == pytest.approx(np.exp(-5))
    assert steps[3]['ramp_au'] == pytest.approx(np.exp(-5 * (5 / 6)**2))
    metrics = rows[-1]
    assert metrics['multi_task/score'] == pytest.approx(
        metrics['va/ccc'] + metrics['expr/f1'] / 100 + metrics['au/f1'] / 100)
    assert 'au/auc_AU12' in metrics and 'va/sagr_arousal' in metrics
    assert list((tmp_path / 'run').glob('best_multi_task_score*'))

    graph = _graph()
    assert 3 < graph.num_edges < 250
    matrix = runner.model.head.task_heads['au'].graph.adjacency()
    np.testing.assert_array_equal(matrix, graph.adjacency)

    # A resumed run has the ramp of its epoch and the graph of its checkpoint:
    # counted anew, it would have no edges.
    again = _runner(
        tmp_path / 'again', resume=True,
        load_from=os.fspath(tmp_path / 'run/epoch_1.pth'),
        custom_hooks=[dict(type='TaskRampHook', ramps=dict(au=6, va=3)),
                      dict(type='AUGraphHook', min_positives=1000)])
    again.train()
    head = again.model.head
    torch.testing.assert_close(head.ramps, runner.model.head.ramps)
    assert head.ramps[1] == pytest.approx(GaussianRamp(6)(1))
    np.testing.assert_array_equal(head.task_heads['au'].graph.adjacency(),
                                  graph.adjacency)


def test_ramp_values():
    assert [GaussianRamp(4)(e) for e in (0, 2, 4, 9)] == pytest.approx(
        [np.exp(-5), np.exp(-5 / 4), 1, 1])
    assert HOOKS.get('TaskRampHook') is TaskRampHook


@pytest.mark.parametrize('options, message', [
    (dict(custom_hooks=[dict(type='TaskRampHook', ramps=dict(pose=6))]),
     r"names the tasks \['pose'\]"),
    (dict(custom_hooks=[dict(type='TaskRampHook', ramps=dict(au=0))]),
     'at least one epoch'),
    (dict(custom_hooks=[dict(type='TaskRampHook', ramps=dict(au=6))],
          train_cfg=dict(_delete_=True, by_epoch=False, max_iters=1)),
     'by_epoch=True'),
    (dict(custom_hooks=[dict(type='TaskRampHook', ramps=dict(au=6))],
          model__head=dict(_delete_=True, type='LinearClsHead',
                           num_classes=8, in_channels=16)), 'found 0 heads'),
    (dict(model__head__task_heads__au__type='AUHead'),
     'found no AUGraphHead'),
    (dict(model__head__task_heads__au__au_set=list(range(1, 3))),
     'both the same au_set'),
])
def test_bad_hooks(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        _runner(tmp_path / 'run', **options).train()


def test_edges_from_elsewhere_are_left_alone(tmp_path):
    runner = _runner(tmp_path / 'run',
                     model__head__task_heads__au__adjacency='learned')
    adjacency = runner.model.head.task_heads['au'].graph.adjacency
    before = adjacency.scores.detach().clone()
    runner.call_hook('before_train')
    torch.testing.assert_close(adjacency.scores, before, rtol=0, atol=0)
