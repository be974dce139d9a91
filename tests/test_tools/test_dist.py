# Copyright (c) mmfer contributors.
"""Two processes on the CPU, started by the scripts that users call."""
import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader

import mmfer
from mmfer.apis.run import prepare_config
from mmfer.errors import ConfigError

from ..toys import make_ferplus, small_config

ROOT = Path(mmfer.__file__).parents[1]
pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason='tests the way without CUDA')


def call(script, *arguments, **environment):
    """Run a shell script of tools/."""
    return subprocess.run(
        ['bash', ROOT / 'tools' / script, *map(str, arguments)],
        env={**os.environ, 'MMFER_PYTHON': sys.executable,
             'OMP_NUM_THREADS': '1', **environment},
        capture_output=True, text=True)


def test_two_processes_train_and_test(trained, tmp_path):
    """15 test samples, so that the shares of the processes differ."""
    done = call(
        'dist_train.sh', trained.config, 2, '--work-dir', tmp_path / 'run',
        '--cfg-options', 'train_cfg.max_epochs=1',
        'train_dataloader.batch_size=4')
    assert done.returncode == 0, done.stderr[-3000:]
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    assert 'Epoch(train) [1][4/4]' in log  # 32 samples = 2 x 4 x 4
    checkpoint = tmp_path / 'run/epoch_1.pth'

    done = call(
        'dist_test.sh', trained.config, checkpoint, 2, '--work-dir',
        tmp_path / 'two', '--out', tmp_path / 'two.csv', '--cfg-options',
        'test_dataloader.dataset.indices=15',
        'test_dataloader.batch_size=4')
    assert done.returncode == 0, done.stderr[-3000:]
    alone = subprocess.run(
        [sys.executable, ROOT / 'tools/test.py', trained.config, checkpoint,
         '--work-dir', tmp_path / 'one', '--out', tmp_path / 'one.csv',
         '--cfg-options', 'test_dataloader.dataset.indices=15'],
        env={**os.environ, 'PYTHONPATH': os.fspath(ROOT)},
        capture_output=True, text=True)
    assert alone.returncode == 0, alone.stderr[-3000:]

    rows = {}
    for name in ('one', 'two'):
        with open(tmp_path / f'{name}.csv', encoding='utf-8') as file:
            rows[name] = [(row['img_path'], row['predicted'])
                          for row in csv.DictReader(file)]
    assert rows['one'] == rows['two'] and len(rows['one']) == 15
    metrics = {}
    for name in ('one', 'two'):
        logged = next((tmp_path / name).glob('*/*.json'))
        metrics[name] = json.loads(logged.read_text())
    for key, value in metrics['one'].items():
        if key.startswith('expr/'):
            assert metrics['two'][key] == pytest.approx(value, abs=1e-3)


@pytest.fixture
def gloo(monkeypatch):
    """A group of one process, as the launcher would describe it."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    for key, value in dict(RANK='0', WORLD_SIZE='1', LOCAL_RANK='0',
                           MASTER_ADDR='127.0.0.1', MASTER_PORT=port).items():
        monkeypatch.setenv(key, value)
    yield
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def test_wrapper_of_the_user_stays(gloo):
    own = dict(type='MMDistributedDataParallel', broadcast_buffers=True)
    cfg = prepare_config(
        Config(dict(model_wrapper_cfg=own)), launcher='pytorch')
    assert cfg.model_wrapper_cfg == dict(own, device_ids=None)
    assert torch.distributed.get_backend() == 'gloo'


def test_wrapper_is_set_where_there_is_none(gloo):
    cfg = prepare_config(
        Config(dict(find_unused_parameters=True)), launcher='pytorch')
    assert cfg.model_wrapper_cfg == dict(
        type='MMDistributedDataParallel', broadcast_buffers=False,
        find_unused_parameters=True, device_ids=None)


@pytest.mark.parametrize('launcher', ['slurm', 'mpi'])
def test_bad_launcher_on_cpu(launcher):
    with pytest.raises(ConfigError, match='dist_train.sh'):
        prepare_config(Config(dict()), launcher=launcher)


@pytest.mark.parametrize('script, arguments', [
    ('dist_train.sh', ['config.py']), ('dist_test.sh', ['config.py', '2']),
    ('slurm_train.sh', ['part', 'job']), ('slurm_test.sh', ['part'])
])
def test_bad_usage_of_scripts(script, arguments):
    done = call(script, *arguments)
    assert done.returncode == 2 and 'usage: ' in done.stderr


def test_slurm_script_calls_srun(tmp_path):
    """Checked with a stand-in for srun that prints what it is asked."""
    srun = tmp_path / 'srun'
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    srun.chmod(0o755)
    done = call(
        'slurm_train.sh', 'gpu', 'faces', 'my config.py', 'out', '--amp',
        GPUS='16', PATH=f'{tmp_path}:{os.environ["PATH"]}')
    asked = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert {'--partition=gpu', '--job-name=faces', '--ntasks=16',
            '--gres=gpu:8', '--ntasks-per-node=8'} <= set(asked)
    assert asked[-6:] == ['my config.py', '--work-dir', 'out', '--amp',
                          '--launcher', 'slurm']


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
    """A run of two epochs in one process, in batches of 8.

    The network normalises by groups of channels: batch statistics would be
    those of half a batch in each of two processes, and synchronised ones need
    a GPU. Nothing is augmented at random, since each process draws its own
    numbers. And the layout is contiguous: channels-last kernels round
    differently for 4 and for 8 pictures, and where a ReLU stands at zero,
    rounding turns a gradient on or off.

    Returns:
        Path: The folder, with ``one/epoch_2.pth`` and ``two.py``, the same
        run for two processes with batches of 4.
    """
    folder = tmp_path_factory.mktemp('alone')
    data = make_ferplus(folder / 'data')
    make_ferplus(data, 'valid', per_class=1)
    cfg = small_config(data, folder, model__head__init_cfg=None)
    cfg.model.backbone.norm_cfg = dict(type='GN', num_groups=4)
    cfg.optim_wrapper = dict(
        type='OptimWrapper',
        optimizer=dict(type='SGD', lr=0.05, momentum=0.9))
    cfg.param_scheduler = []
    cfg.default_hooks.channels_last.enabled = False
    pipeline = cfg.train_dataloader.dataset.pipeline
    cfg.train_dataloader.dataset.pipeline = [
        pipeline[0], dict(type='FaceResize', size=24), pipeline[-1]
    ]
    cfg.dump(folder / 'one.py')
    cfg.train_dataloader.batch_size = 4
    cfg.dump(folder / 'two.py')
    done = subprocess.run(
        [sys.executable, ROOT / 'tools/train.py', folder / 'one.py',
         '--work-dir', folder / 'one'],
        env={**os.environ, 'PYTHONPATH': os.fspath(ROOT)},
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def _check_agreement(alone, run):
    """Whether two runs end with the same weights.

    The strided shares of MMEngine's sampler make two batches of 4 from each
    batch of 8. What remains is the order in which float32 gradients are
    added, about 1e-7 of a weight in each of 8 steps of plain SGD.
    """
    first, one, two = [
        CheckpointLoader.load_checkpoint(os.fspath(path), 'cpu')['state_dict']
        for path in (alone / 'one/epoch_1.pth', alone / 'one/epoch_2.pth',
                     run / 'epoch_2.pth')
    ]
    assert list(one) == list(two)
    moved = max((one[k] - first[k]).abs().max().item() for k in one)
    apart = max((one[k] - two[k]).abs().max().item() for k in one)
    assert moved > 1e-2 and apart < 1e-5


def test_two_processes_agree_with_one(alone, tmp_path):
    done = call('dist_train.sh', alone / 'two.py', 2, '--work-dir', tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    _check_agreement(alone, tmp_path)


@pytest.mark.slow
def test_fsdp_agrees_and_resumes(alone, tmp_path):
    """The runner and strategy of the FSDP config, on that small run."""
    fsdp = Config.fromfile(
        ROOT / 'configs/baseline/resnet18_8xb64-fsdp_affectnet7.py')
    cfg = Config.fromfile(alone / 'two.py')
    cfg.update(runner_type=fsdp.runner_type, strategy=fsdp.strategy)
    cfg.dump(tmp_path / 'fsdp.py')
    done = call('dist_train.sh', tmp_path / 'fsdp.py', 2, '--work-dir',
                tmp_path / 'whole')
    assert done.returncode == 0, done.stderr[-3000:]
    _check_agreement(alone, tmp_path / 'whole')
    done = call('dist_train.sh', tmp_path / 'fsdp.py', 2, '--work-dir',
                tmp_path / 'again', '--resume', tmp_path / 'whole/epoch_1.pth')
    assert done.returncode == 0, done.stderr[-3000:]
    _check_agreement(alone, tmp_path / 'again')
