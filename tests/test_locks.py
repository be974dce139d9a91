# Copyright (c) mmfer contributors.
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import mmfer
from mmfer.locks import LOCK_FILE, FolderInUseError, lock_folder

ROOT = Path(mmfer.__file__).parents[1]
# The module alone: the package takes seconds to import. A forked child
# outlives the holder.
_HOLD = f'''
import os, sys, time, types
package = types.ModuleType('mmfer')
package.__path__ = [{os.fspath(ROOT / "mmfer")!r}]
sys.modules['mmfer'] = package
from mmfer.locks import lock_folder
with lock_folder(sys.argv[1], sys.argv[2]):
    if not os.fork():
        time.sleep(30)
    print('held', flush=True)
    sys.stdin.read()
'''


@pytest.fixture
def hold():
    """Start a process that locks a folder until its input ends."""
    started = []

    def start(folder, launcher='none', rank='0'):
        process = subprocess.Popen(
            [sys.executable, '-c', _HOLD, folder, launcher],
            env={**os.environ, 'RANK': rank}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        started.append(process)
        assert process.stdout.readline() == 'held\n', process.stderr.read()
        return process

    yield start
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def test_second_run_is_refused_and_told_the_holder(tmp_path, hold):
    holder = hold(tmp_path / 'run')
    link = tmp_path / 'link'
    link.symlink_to(tmp_path / 'run')
    with pytest.raises(FolderInUseError) as refused:
        with lock_folder(link):
            pass
    message = str(refused.value)
    assert f'process {holder.pid} on {os.uname().nodename} since 2' in message
    assert f'(-c {tmp_path / "run"} none). Hint: wait' in message


def test_lock_is_gone_after_a_kill_though_a_child_lives(tmp_path, hold):
    holder = hold(tmp_path)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    os.killpg(holder.pid, 0)  # the child is alive
    assert (tmp_path / LOCK_FILE).exists()
    with lock_folder(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_lock_ends_with_the_context(tmp_path, hold):
    with lock_folder(tmp_path):
        with pytest.raises(FolderInUseError, match=f'process {os.getpid()}'):
            with lock_folder(tmp_path):
                pass
        with pytest.raises(AssertionError, match='FolderInUseError'):
            hold(tmp_path)
    assert not list(tmp_path.iterdir())
    hold(tmp_path)


def test_main_process_locks_for_all(tmp_path, hold):
    hold(tmp_path, 'pytorch', '0')
    hold(tmp_path, 'pytorch', '1')


def test_many_takers_one_holder(tmp_path):
    """Takers that meet a removed file do not hold it."""
    code = _HOLD[:_HOLD.index('with lock')] + '''
from mmfer.locks import FolderInUseError
taken = 0
while taken < 200:
    try:
        with lock_folder(sys.argv[1]):
            os.mkdir(sys.argv[1] + '/inside')  # fails if there are two
            os.rmdir(sys.argv[1] + '/inside')
            taken += 1
    except FolderInUseError:
        pass
'''
    takers = [subprocess.Popen([sys.executable, '-c', code, tmp_path])
              for _ in range(3)]
    assert [taker.wait(60) for taker in takers] == [0, 0, 0]
