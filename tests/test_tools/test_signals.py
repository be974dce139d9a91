# Copyright (c) mmfer contributors.
"""What is left of a tool and its processes after a signal: nothing."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

import mmfer

from ..processes import (alive, descendants, heed_interrupts, parent,
                         wait_until)

ROOT = Path(mmfer.__file__).parents[1]
TOOLS = ROOT / 'tools'
pytestmark = pytest.mark.slow
END = dict(SIGINT=130, SIGTERM=-signal.SIGTERM, SIGKILL=-signal.SIGKILL)


@pytest.fixture(scope='module')
def long(trained, tmp_path_factory):
    """The config of a long training with two loader workers."""
    path = tmp_path_factory.mktemp('long') / 'long.py'
    cfg = Config.fromfile(trained.config)
    cfg.train_dataloader.update(num_workers=2, persistent_workers=True)
    cfg.train_cfg.max_epochs = 100000
    cfg.param_scheduler = None
    cfg.custom_hooks = [hook for hook in cfg.custom_hooks
                        if hook.type != 'EarlyStoppingHook']
    cfg.dump(path)
    return path


def commands(trained, long, folder):
    """Tool -> command, and the number of its processes while it trains."""
    return dict(
        train=([TOOLS / 'train.py', long, '--work-dir', folder], 2),
        compare=([TOOLS / 'compare.py', '--configs', long, '--seeds', 0, 1, 2,
                  '--jobs', 2, '--work-dir', folder], 6),
        audit=([TOOLS / 'analysis_tools/audit_labels.py', long,
                trained.checkpoint, '--signals', 'out_of_fold',
                '--train-folds', '--folds', 2, '--out', folder], 3))


def start(command, folder):
    return subprocess.Popen(
        [*map(str, command)], start_new_session=True,
        cwd=folder, stdout=open(folder / 'out.txt', 'w'),
        stderr=subprocess.STDOUT, preexec_fn=heed_interrupts,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT),
             'MMFER_PYTHON': sys.executable})


def trains(folder, process):
    """Whether the log of each training in a folder tells of an epoch."""
    assert process.poll() is None, (folder / 'out.txt').read_text()[-3000:]
    logs = list(folder.rglob('*/*.log'))
    return logs and all('Epoch(train)' in log.read_text() for log in logs)


@pytest.mark.parametrize('name', ['train', 'compare', 'audit'])
@pytest.mark.parametrize('number', ['SIGINT', 'SIGTERM', 'SIGKILL'])
def test_nothing_is_left(trained, long, tmp_path, name, number):
    command, least = commands(trained, long, tmp_path / 'run')[name]
    process = start([sys.executable, *command], tmp_path)
    try:
        wait_until(lambda: trains(tmp_path, process)
                   and len(descendants(process.pid)) >= least, 200)
        members = descendants(process.pid)
        process.send_signal(getattr(signal, number))
        wait_until(lambda: not alive(members), 5)
        # Ctrl-C ends a training at once, other tools as Python programs.
        end = -signal.SIGINT if (name, number) == ('train', 'SIGINT') else \
            END[number]
        assert process.wait(30) == end
    finally:
        process.kill()
    output = (tmp_path / 'out.txt').read_text()
    assert 'Traceback' not in output and 'failed:' not in output
    if name == 'compare':
        assert len(list(tmp_path.rglob('*/*.log'))) == 2  # not the third


@pytest.mark.parametrize('target', ['launcher', 'rank'])
@pytest.mark.parametrize('number', ['SIGINT', 'SIGTERM', 'SIGKILL'])
def test_nothing_is_left_of_two_processes(long, tmp_path, target, number):
    process = start(['bash', TOOLS / 'dist_train.sh', long, 2, '--work-dir',
                     tmp_path / 'run'], tmp_path)
    try:
        wait_until(lambda: trains(tmp_path, process)
                   and len(descendants(process.pid)) >= 6, 200)
        members = descendants(process.pid)
        ranks = [pid for pid in members if parent(pid) == process.pid]
        assert len(ranks) == 2
        os.kill(process.pid if target == 'launcher' else ranks[-1],
                getattr(signal, number))
        wait_until(lambda: not alive(members), 5)
        assert process.wait(30)
    finally:
        process.kill()


def test_second_run_in_a_folder_is_refused(trained, long, tmp_path):
    command, _ = commands(trained, long, tmp_path / 'run')['train']
    first = start([sys.executable, *command], tmp_path)
    try:
        wait_until(lambda: trains(tmp_path, first), 200)
        before = sorted((tmp_path / 'run').iterdir())
        (tmp_path / 'other').mkdir()
        for launch in ([sys.executable, *command],
                       ['bash', TOOLS / 'dist_train.sh', command[1], 2,
                        *command[2:]]):
            second = start(launch, tmp_path / 'other')
            assert second.wait(100) == 1
            told = (tmp_path / 'other/out.txt').read_text()
            assert f'in use by process {first.pid} on' in told
        folders = [path for path in before if path.is_dir()]
        assert folders == [path for path in (tmp_path / 'run').iterdir()
                           if path.is_dir()]
        first.kill()
        first.wait()
        again = start([sys.executable, *command, '--resume', '--cfg-options',
                       'train_cfg.max_epochs=1'], tmp_path)
        assert again.wait(100) == 0, (tmp_path / 'out.txt').read_text()
        assert not (tmp_path / 'run/.lock').exists()
    finally:
        first.kill()
