# Copyright (c) mmfer contributors.
"""A run whose numbers are NaN or infinite stops, and keeps what is good."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import CheckpointLoader

from mmfer.engine.checkpoint_check import non_finite_weights
from mmfer.errors import CheckpointError, NonFiniteError
from mmfer.models.banks.label_bank import LabelBank
from mmfer.registry import HOOKS

from ...toys import make_ferplus, small_config

ROOT = Path(__file__).parents[3]
CHECK = dict(default_hooks__finite_check=dict(type='FiniteCheckHook'))


@HOOKS.register_module(name='_BreakHook')
class BreakHook(Hook):
    """Make a part of the run NaN before some iterations, counted from 0."""

    def __init__(self, what, iterations):
        self.what, self.iterations = what, iterations

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        head = runner.model.head
        if not hasattr(self, '_loss'):
            self._loss = head.loss_module.loss_weight
        here = runner.iter in self.iterations
        if self.what == 'loss':
            head.loss_module.loss_weight = float('nan') if here else self._loss
        elif here:
            with torch.no_grad():
                head.fc.weight[0, 0] = torch.nan


def broken(what, iterations, **options):
    return dict(
        CHECK, custom_hooks=[
            dict(type='_BreakHook', what=what, iterations=iterations),
            dict(type='ProtocolHook')], **options)


def checkpoints(runner):
    paths = sorted(Path(runner.work_dir).glob('*.pth'))
    for path in paths:
        state = CheckpointLoader.load_checkpoint(str(path), 'cpu')
        assert all(v.isfinite().all() for v in state['state_dict'].values())
    return [path.name for path in paths]


@pytest.mark.parametrize('interval, validate', [(3, True), (100, False)])
def test_a_loss_that_is_nan_stops_the_run(toy_runner, interval, validate):
    """8 iterations an epoch; the last good checkpoint survives, as does the
    best one, although only one is kept."""
    options = dict(default_hooks__logger__interval=interval,
                   default_hooks__checkpoint__max_keep_ckpts=1)
    if not validate:
        options.update(val_cfg=None, val_dataloader=None, val_evaluator=None,
                       default_hooks__checkpoint__save_best=None)
    runner = toy_runner(**broken('loss', [10, 11], **options))
    with pytest.raises(NonFiniteError) as caught:
        runner.train()
    message = str(caught.value)
    assert 'at iteration 11 loss is nan' in message
    assert 'learning rate 0.01' in message and 'clip_grad' in message
    assert runner.iter == (10 if interval == 3 else 16)
    found = checkpoints(runner)
    assert 'epoch_1.pth' in found and len(found) == 1 + validate
    block = json.loads(Path(runner.work_dir, 'protocol.json').read_text())
    assert block['finished'] is False


def test_weights_are_checked_before_each_save(toy_runner):
    """The loss need not show it: here the last step breaks a weight."""
    runner = toy_runner(**CHECK)

    class Break(Hook):

        def after_train_epoch(self, runner):
            if runner.epoch == 1:
                with torch.no_grad():
                    runner.model.backbone.scale.fill_(torch.nan)

    runner.register_hook(Break(), 'HIGHEST')
    with pytest.raises(
            NonFiniteError, match='after iteration 16 the weights are not '
            'finite .backbone.scale'):
        runner.train()
    assert [n for n in checkpoints(runner) if n[:5] == 'epoch'] == [
        'epoch_1.pth']


def test_a_huge_learning_rate_stops_the_run(toy_runner):
    runner = toy_runner(**CHECK, optim_wrapper__optimizer__lr=1e30)
    with pytest.raises(NonFiniteError, match='learning rate 1e.30'):
        runner.train()
    assert not checkpoints(runner)


def test_iteration_based_runs_are_checked_as_well(toy_runner):
    """Saved every 2 iterations, logged every 100."""
    runner = toy_runner(**broken(
        'weight', [4],
        train_cfg=dict(_delete_=True, by_epoch=False, max_iters=8,
                       val_interval=100),
        default_hooks__checkpoint=dict(
            type='CheckpointHook', by_epoch=False, interval=2,
            max_keep_ckpts=1)))
    with pytest.raises(NonFiniteError, match='at iteration 5 loss is'):
        runner.train()
    assert checkpoints(runner) == ['iter_4.pth']


FLOAT16 = dict(
    optim_wrapper=dict(
        _delete_=True, type='AutocastOptimWrapper', dtype='float16',
        optimizer=dict(type='SGD', lr=0.01)),
    default_hooks__logger__interval=1)


def test_skipped_steps_of_a_loss_scaler_are_no_alarm(toy_runner):
    runner = toy_runner(**broken('loss', [3, 4, 9], **FLOAT16))
    runner.train()
    assert runner.iter == 24 and 'epoch_3.pth' in checkpoints(runner)
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert [i for i, x in enumerate(losses) if x != x] == [3, 4, 9]


def test_a_loss_scaler_that_skips_all_steps_is_stopped(toy_runner):
    runner = toy_runner(**broken('loss', range(1, 24), **FLOAT16))
    with pytest.raises(NonFiniteError, match='at iteration 21 loss is nan'):
        runner.train()


@pytest.mark.parametrize('use', ['resume', 'load_from', 'test', 'ema'])
def test_a_checkpoint_that_is_not_finite_is_refused(toy_runner, trained,
                                                    tmp_path, use):
    content = CheckpointLoader.load_checkpoint(trained[0], 'cpu')
    if use == 'ema':
        content['ema_state_dict'] = {
            'module.head.fc.bias': torch.tensor([1., torch.inf])}
    else:
        content['state_dict']['head.fc.bias'][1] = torch.nan
    path = os.fspath(tmp_path / 'epoch_3.pth')
    torch.save(content, path)
    runner = toy_runner(
        **CHECK, load_from=path, resume=use in ('resume', 'ema'),
        train_cfg__max_epochs=4)
    with pytest.raises(CheckpointError, match='epoch_3.pth.*head.fc.bias') \
            as caught:
        runner.test() if use == 'test' else runner.train()
    assert caught.value.hint


def test_predictions_are_checked_whatever_the_metric(toy_runner):
    """MMPretrain's accuracy would count NaN as a prediction of class 0."""
    runner = toy_runner(
        **CHECK, custom_hooks=[],
        test_evaluator=dict(_delete_=True, type='Accuracy'))
    with torch.no_grad():
        runner.model.head.fc.weight.fill_(torch.nan)
    with pytest.raises(NonFiniteError, match=r'fer\d+.png: pred_score'):
        runner.test()


def test_nan_may_mean_unknown():
    bank = LabelBank(4)
    bank.initialise([0, 1, 3])
    assert bank.confidence.isnan().all() and not non_finite_weights(bank)
    model = torch.nn.Sequential(bank, torch.nn.BatchNorm1d(2))
    model[1].running_var[0] = torch.inf
    assert non_finite_weights(model) == ['1.running_var']
    state = {f'module.{k}': v for k, v in model.state_dict().items()}
    assert non_finite_weights(model, state) == ['module.1.running_var']


def test_losses_are_read_from_the_log_alone(toy_runner, monkeypatch):
    """No value is taken from a tensor in a step."""
    from mmfer.engine.hooks.finite_check_hook import FiniteCheckHook
    runner = toy_runner(**CHECK, val_cfg=None, val_dataloader=None,
                        val_evaluator=None,
                        default_hooks__checkpoint__save_best=None)
    step, read = FiniteCheckHook.after_train_iter, []

    def watched(*args, **kwargs):
        for name in ('item', 'tolist', '__bool__', '__float__', 'cpu'):
            monkeypatch.setattr(
                torch.Tensor, name, lambda *a, **k: read.append(a) or 0)
        step(*args, **kwargs)
        monkeypatch.undo()

    FiniteCheckHook.after_train_iter = watched
    try:
        runner.train()
    finally:
        FiniteCheckHook.after_train_iter = step
    assert not read


def test_every_config_has_the_check():
    paths = list((ROOT / 'configs').glob('[!_]*/*.py'))
    assert len(paths) > 40
    for path in paths:
        hooks = Config.fromfile(path).default_hooks
        assert hooks.get('finite_check') == dict(type='FiniteCheckHook'), path


@pytest.mark.slow
@pytest.mark.parametrize('sharded', [False, True])
def test_all_processes_of_a_run_stop(tmp_path, sharded):
    """The learning rate diverges; each process ends with one line."""
    root = make_ferplus(tmp_path / 'data')
    make_ferplus(root, 'valid', per_class=1)
    cfg = small_config(
        root, tmp_path / 'run', epochs=3, train_dataloader__batch_size=4,
        default_hooks__logger__interval=2)
    cfg.optim_wrapper.optimizer.lr = cfg.param_scheduler.eta_max = 1e30
    if sharded:
        fsdp = Config.fromfile(
            ROOT / 'configs/baseline/resnet18_8xb64-fsdp_affectnet7.py')
        cfg.update(runner_type=fsdp.runner_type, strategy=fsdp.strategy)
    cfg.dump(tmp_path / 'toy.py')
    done = subprocess.run(
        ['bash', ROOT / 'tools/dist_train.sh', tmp_path / 'toy.py', '2',
         '--no-validate'], cwd=tmp_path,
        env={**os.environ, 'MMFER_PYTHON': sys.executable,
             'OMP_NUM_THREADS': '1'},
        capture_output=True, text=True, timeout=300)
    assert done.returncode
    assert done.stderr.count('NonFiniteError: training has diverged') == 2, \
        done.stderr[-3000:]
    assert not list((tmp_path / 'run').glob('*.pth'))
