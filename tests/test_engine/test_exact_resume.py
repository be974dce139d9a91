# Copyright (c) mmfer contributors.
"""A run that is killed and resumed ends like one that is not."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.runner import CheckpointLoader, Runner

import mmfer  # noqa: F401
from ..toys import make_ferplus, small_config

_KILL_HOOK = '''
import os, signal
from mmengine.hooks import Hook
from mmfer.registry import HOOKS

@HOOKS.register_module()
class KillHook(Hook):
    def __init__(self, moment):
        self.moment = moment

    def after_train_iter(self, runner, batch_idx, **kwargs):
        place = runner.epoch, batch_idx
        if self.moment == 'in an epoch' and place == (1, 1):
            os.kill(os.getpid(), signal.SIGKILL)

    def before_save_checkpoint(self, runner, checkpoint):
        if self.moment == 'while saving' and runner.epoch == 1:
            os.kill(os.getpid(), signal.SIGKILL)
'''
_RUN = '''
import sys
import mmfer
from mmengine.config import Config
from mmengine.runner import Runner
Runner.from_cfg(Config.fromfile(sys.argv[1])).train()
'''


def _final_weights(work_dir):
    return CheckpointLoader.load_checkpoint(
        os.fspath(work_dir / 'epoch_3.pth'), 'cpu')['state_dict']


@pytest.mark.parametrize('num_workers, moment', [(0, 'while saving'),
                                                 (2, 'in an epoch')])
def test_killed_and_resumed_equals_uninterrupted(tmp_path, num_workers,
                                                 moment):
    root = make_ferplus(tmp_path / 'data')
    make_ferplus(root, 'valid', per_class=1)

    def config(name):
        return small_config(
            root, tmp_path / name, epochs=3, num_workers=num_workers,
            model__head__init_cfg=None)

    Runner.from_cfg(config('whole')).train()

    cut = config('cut')
    cut.custom_imports.imports += ['kill_hook']
    cut.custom_hooks.append(dict(type='KillHook', moment=moment))
    cut.dump(tmp_path / 'cut.py')
    (tmp_path / 'kill_hook.py').write_text(_KILL_HOOK)
    path = os.pathsep.join(
        [os.fspath(tmp_path), os.fspath(Path(mmfer.__file__).parents[1])])
    killed = subprocess.run(
        [sys.executable, '-c', _RUN, tmp_path / 'cut.py'],
        env={**os.environ, 'PYTHONPATH': path}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (tmp_path / 'cut/epoch_1.pth').exists()
    assert not (tmp_path / 'cut/epoch_2.pth').exists()

    resumed = config('cut')
    resumed.resume = True
    Runner.from_cfg(resumed).train()

    whole = _final_weights(tmp_path / 'whole')
    again = _final_weights(tmp_path / 'cut')
    assert whole.keys() == again.keys()
    for key, value in whole.items():
        assert torch.equal(value, again[key]), key


def test_augmentation_differs_between_epochs_and_workers(tmp_path):
    """The streams are restarted, not repeated."""
    root = make_ferplus(tmp_path / 'data')
    make_ferplus(root, 'valid', per_class=1)
    cfg = small_config(root, tmp_path / 'run', num_workers=2)
    runner = Runner.from_cfg(cfg)
    loader = runner.build_dataloader(cfg.train_dataloader, seed=0)
    dataset = loader.dataset
    seen = []
    for epoch in (0, 1, 0):
        dataset.randomness.tell(0, epoch, 0)
        batches = [batch['inputs'] for batch in loader]
        seen.append(torch.stack([torch.stack(list(b)) for b in batches]))
    assert torch.equal(seen[0], seen[2])
    assert not torch.equal(seen[0], seen[1])
