# Copyright (c) mmfer contributors.
import json
import os.path as osp

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import CheckpointLoader

from mmfer.engine.hooks import ProtocolHook
from mmfer.registry import HOOKS
from mmfer.structures import LABEL_SPACES

FERPLUS = list(LABEL_SPACES['ferplus'].classes)


@HOOKS.register_module()
class _Interrupt(Hook):
    """Stop the run in the middle of an epoch."""

    def __init__(self, at):
        self.at = at

    def after_train_iter(self, runner, **kwargs):
        if runner.iter == self.at:
            raise KeyboardInterrupt


def _read(runner, name='protocol.json'):
    with open(osp.join(runner.work_dir, name), encoding='utf-8') as file:
        return json.load(file)


def test_registered_under_its_bare_name():
    assert HOOKS.get('ProtocolHook') is ProtocolHook


def test_a_training_run_states_its_protocol(toy_runner, toy_root, log_of):
    runner = toy_runner()
    runner.train()
    block = _read(runner)
    train, val = block['data']['train'], block['data']['val']
    (part, ) = train['sets']
    assert part['dataset'] == 'FERPlus' and part['split'] == 'train'
    assert part['data_root'] == str(toy_root)
    assert part['class_counts'] == {c: 4 + i for i, c in enumerate(FERPLUS)}
    assert part['classes'] == FERPLUS and part['label_space'] == 'ferplus'
    assert part['noise'] == 'none' and part['align'] == 'as distributed'
    assert [t.split('(')[0] for t in part['pipeline']] == [
        'LoadImageFromFile', 'PackInputs'
    ]
    assert train['sampler']['type'] == 'DefaultSampler'
    assert (train['batch_size'], train['world_size']) == (8, 1)
    assert train['samples'] == 60 and val['samples'] == 44
    assert block['weights']['source'] == 'random'
    assert block['run']['seed'] == 0 and not block['run']['deterministic']
    assert block['run']['precision'] == 'OptimWrapper'
    assert set(block['run']['versions']) >= {
        'mmfer', 'torch', 'mmengine', 'mmpretrain'
    }
    assert block['selection'] == dict(
        rule='best epoch', metric='expr/uar', better='greater',
        on=['FERPlus/valid'])
    text = log_of(runner)
    for words in ('protocol: training', 'FERPlus, split train, 60 samples',
                  'as distributed', 'LoadImageFromFile > PackInputs',
                  'best epoch by expr/uar (greater is better) on '
                  'FERPlus/valid', 'SELECTED ON THE EVALUATED SPLIT'):
        assert words in text, words


def test_last_mean_of_last_five_and_best(toy_runner):
    runner = toy_runner(train_cfg__max_epochs=7)
    runner.train()
    block = _read(runner)
    epochs = block['epochs']
    assert [e['epoch'] for e in epochs] == list(range(1, 8))
    assert block['finished']
    result = block['result']
    assert result['on'] == ['FERPlus/valid']
    assert result['last'] == epochs[-1]
    values = [e['metrics']['expr/uar'] for e in epochs]
    assert len(set(values)) > 1
    assert result['last_mean']['num'] == 5
    assert result['last_mean']['metrics']['expr/uar'] == pytest.approx(
        sum(values[2:]) / 5)
    assert result['best']['metrics']['expr/uar'] == max(values)
    assert result['best']['epoch'] == values.index(max(values)) + 1
    assert result['best']['selected_on_evaluated_split'] is True


def test_without_save_best_nothing_is_selected(toy_runner):
    runner = toy_runner(
        default_hooks__checkpoint=dict(
            _delete_=True, type='CheckpointHook', interval=1))
    runner.train()
    block = _read(runner)
    assert block['selection']['rule'] == 'last epoch'
    assert block['result']['best']['metric'] == 'expr/accuracy'


def test_the_lowest_value_is_best_under_the_rule_less(toy_runner):
    runner = toy_runner(
        default_hooks__checkpoint__save_best='expr/nll',
        default_hooks__checkpoint__rule='less')
    runner.train()
    block = _read(runner)
    assert block['result']['best']['metrics']['expr/nll'] == min(
        e['metrics']['expr/nll'] for e in block['epochs'])


def test_interrupted_and_resumed(toy_runner, log_of):
    """Stopped in the third of five epochs, carried on with a new batch."""
    stop = dict(type='_Interrupt', at=20)
    hooks = [dict(type='LabelSpaceHook'), dict(type='ProtocolHook')]
    first = toy_runner(train_cfg__max_epochs=5, custom_hooks=hooks + [stop])
    with pytest.raises(KeyboardInterrupt):
        first.train()
    before = _read(first)
    assert [e['epoch'] for e in before['epochs']] == [1, 2]
    assert not before['finished'] and before['result']['last']['epoch'] == 2
    second = toy_runner(
        train_cfg__max_epochs=5, resume=True,
        train_dataloader__num_workers=1)
    second.train()
    after = _read(second)
    assert [e['epoch'] for e in after['epochs']] == [1, 2, 3, 4, 5]
    assert after['epochs'][:2] == before['epochs']
    assert after['started'] == before['started'] and after['finished']
    assert after['weights'] == before['weights']
    (resume, ) = after['resumes']
    assert resume['epoch'] == 2
    assert resume['changes'] == ['data.train.num_workers: 0 -> 1']
    assert 'the protocol has changed since the interruption' in log_of(second)


def test_results_after_the_checkpoint_are_dropped_on_resume(toy_runner):
    first = toy_runner()
    first.train()
    second = toy_runner(
        resume=True, load_from=osp.join(first.work_dir, 'epoch_1.pth'))
    second.train()
    assert [e['epoch'] for e in _read(second)['epochs']] == [1, 2, 3]
    assert _read(second)['resumes'][0]['epoch'] == 1


def _forget(runner, number):
    """Leave the run as if killed in its last ``number`` evaluations."""
    block = _read(runner)
    gone = block['epochs'][-number:]
    del block['epochs'][-number:]
    block['finished'] = False
    with open(osp.join(runner.work_dir, 'protocol.json'), 'w') as file:
        json.dump(block, file)
    return gone


@pytest.mark.parametrize('killed, end', [(3, 3), (2, 3)])
def test_a_broken_evaluation_is_made_up_for(toy_runner, log_of, killed, end):
    first = toy_runner(train_cfg__max_epochs=end)
    first.train()
    everything = _read(first)['epochs']
    _forget(first, end - killed + 1)
    second = toy_runner(
        train_cfg__max_epochs=end, resume=True,
        load_from=osp.join(first.work_dir, f'epoch_{killed}.pth'))
    second.train()
    after = _read(second)['epochs']
    assert [e['epoch'] for e in after] == list(range(1, end + 1))
    assert [e['iter'] for e in after] == [e['iter'] for e in everything]
    assert after[killed - 1]['metrics'] == pytest.approx(
        everything[killed - 1]['metrics'], nan_ok=True)
    assert 'made up for' in log_of(second)


def test_a_broken_evaluation_of_an_iteration_loop(toy_runner):

    def make(**options):
        return toy_runner(
            train_cfg=dict(_delete_=True, by_epoch=False, max_iters=12,
                           val_interval=6),
            default_hooks__checkpoint__by_epoch=False,
            default_hooks__checkpoint__interval=6, **options)

    first = make()
    first.train()
    (gone, ) = _forget(first, 1)
    assert gone['iter'] == 12
    second = make(resume=True)
    second.train()
    assert [e['iter'] for e in _read(second)['epochs']] == [6, 12]
    assert _read(second)['epochs'][-1]['metrics'] == pytest.approx(
        gone['metrics'], nan_ok=True)


@pytest.mark.parametrize('epochs, interval, evaluated',
                         [(3, 1, [1, 2, 3]), (5, 2, [2, 4, 5])])
def test_nothing_is_evaluated_twice(toy_runner, log_of, epochs, interval,
                                    evaluated):
    """Resumed after complete epochs, of which not all were due."""
    first = toy_runner(train_cfg__max_epochs=epochs,
                       train_cfg__val_interval=interval)
    first.train()
    for start in (1, epochs):
        second = toy_runner(
            train_cfg__max_epochs=epochs, train_cfg__val_interval=interval,
            resume=True,
            load_from=osp.join(first.work_dir, f'epoch_{start}.pth'))
        second.train()
        assert [e['epoch'] for e in _read(second)['epochs']] == evaluated
        assert 'made up for' not in log_of(second)


@pytest.mark.parametrize('content', ['{"epochs": [', '[]', '{}', '', '3'])
def test_bad_protocol_file_is_told_and_replaced(toy_runner, log_of, content):
    first = toy_runner(train_cfg__max_epochs=1)
    first.train()
    with open(osp.join(first.work_dir, 'protocol.json'), 'w') as file:
        file.write(content)
    second = toy_runner(train_cfg__max_epochs=2, resume=True)
    second.train()
    assert [e['epoch'] for e in _read(second)['epochs']] == [2]
    assert 'cannot be carried on' in log_of(second)
    assert _read(second)['weights']['source'] == 'resume'


@pytest.mark.parametrize('num', [0, -1])
def test_bad_number_of_last_epochs(num):
    with pytest.raises(ValueError, match='num_last'):
        ProtocolHook(num_last=num)


def test_checkpoints_hold_the_label_space(toy_runner):
    runner = toy_runner(train_cfg__max_epochs=1)
    runner.train()
    meta = CheckpointLoader.load_checkpoint(
        osp.join(runner.work_dir, 'best_expr_uar_epoch_1.pth'), 'cpu')['meta']
    assert list(meta['dataset_meta']['classes']) == FERPLUS
    told = meta['mmfer']
    assert told['classes'] == FERPLUS and told['label_space'] == 'ferplus'
    assert told['align'] == 'as distributed'
    assert told['input_size'] == [12, 12]
    assert told['trained_on'] == ['FERPlus/train']
    assert told['selection']['on'] == ['FERPlus/valid']


@pytest.mark.parametrize('name, split, words', [
    ('best_expr_uar_epoch_1.pth', 'valid', 'SELECTED ON THE EVALUATED SPLIT'),
    ('best_expr_uar_epoch_1.pth', 'test',
     'selected on FERPlus/valid, not on this split'),
    ('epoch_1.pth', 'valid', 'not selected by a result'),
])
def test_a_test_run_tells_how_its_weights_were_selected(
        toy_runner, log_of, name, split, words):
    first = toy_runner(train_cfg__max_epochs=1)
    first.train()
    runner = toy_runner(
        load_from=osp.join(first.work_dir, name),
        test_dataloader__dataset__split=split)
    metrics = runner.test()
    block = _read(runner, 'protocol_test.json')
    assert words in block['weights']['selected'] and words in log_of(runner)
    assert block['result']['on'] == [f'FERPlus/{split}']
    assert block['result']['metrics'] == pytest.approx(metrics)
    assert len(block['weights']['sha256']) == 64


def test_foreign_dataset_in_wrappers(toy_runner, toy_root, tmp_path, log_of):
    """MMPretrain's CustomDataset, repeated, in a concatenation."""
    ann = tmp_path / 'ann.txt'
    ann.write_text(''.join(
        f'FER2013Train/fer{i:07d}.png {i % 8}\n' for i in range(20)))
    custom = dict(
        type='CustomDataset', data_root=str(toy_root), data_prefix='data',
        ann_file=str(ann), classes=FERPLUS,
        pipeline=[dict(type='LoadImageFromFile'), dict(type='PackInputs')])
    runner = toy_runner(
        train_cfg__max_epochs=1,
        train_dataloader__dataset=dict(
            _delete_=True, type='RepeatDataset', times=2,
            dataset=dict(type='ClassBalancedDataset', oversample_thr=0.01,
                         dataset=custom)))
    runner.train()
    data = _read(runner)['data']['train']
    assert data['wrappers'] == ['RepeatDataset', 'ClassBalancedDataset']
    assert data['samples'] == 40
    (part, ) = data['sets']
    assert part['dataset'] == 'CustomDataset' and part['samples'] == 20
    assert part['class_counts'] == {
        c: 3 if i < 4 else 2 for i, c in enumerate(FERPLUS)
    }
    assert part['official_counts'] is None
    assert 'wrapped in' in log_of(runner)


def test_official_counts_and_noise_come_from_the_dataset(toy_runner, log_of,
                                                         monkeypatch):
    from mmfer.datasets import FERPlus
    original = FERPlus.protocol

    def protocol(self):
        info = original(self)
        info['noise'] = 'symmetric 20 %, seed 1, realised 19.7 %'
        info['official_counts'] = dict.fromkeys(FERPLUS, 4)
        return info

    monkeypatch.setattr(FERPlus, 'protocol', protocol)
    runner = toy_runner(train_cfg__max_epochs=1)
    runner.train()
    text = log_of(runner)
    assert 'symmetric 20 %, seed 1, realised 19.7 %' in text
    rows = [line.split() for line in text.splitlines()]
    assert ['neutral', '4', '4'] in rows
    assert ['contempt', '11', '4', 'differs'] in rows


def test_a_run_without_validation(toy_runner, log_of):
    runner = toy_runner(train_cfg__max_epochs=1, val_dataloader=None,
                        val_cfg=None, val_evaluator=None,
                        default_hooks__checkpoint__save_best=None)
    runner.train()
    block = _read(runner)
    assert block['epochs'] == [] and block['result'] is None
    assert 'nothing was evaluated' in log_of(runner)


def test_pretrained_parts_of_the_config_are_named(toy_runner, tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict={}), path)
    runner = toy_runner(
        train_cfg__max_epochs=1,
        model__backbone__init_cfg=dict(type='Pretrained',
                                       checkpoint=str(path)))
    runner.train()
    weights = _read(runner)['weights']
    assert weights['source'] == 'init_cfg'
    assert weights['info'] == f'backbone.init_cfg: {path}'
