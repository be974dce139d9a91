# Copyright (c) mmfer contributors.
"""Processes of the mechanism alone; tests/test_tools/test_signals.py has
those of the tools."""
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from mmfer.apis import processes
from mmfer.apis.processes import ProcessGroup, bound

from ..processes import alive, descendants, heed_interrupts, wait_until

_SLEEP = [sys.executable, '-c', 'import time; time.sleep(60)']
_FAMILY = f'''
import os, runpy, subprocess, sys, time
module = runpy.run_path({processes.__file__!r})
module['bind_forks']()
subprocess.Popen(module['bound']({_SLEEP!r}))
if not os.fork():
    time.sleep(60)
if not os.fork():
    os.execvp({sys.executable!r}, {_SLEEP!r})
print('ready', flush=True)
time.sleep(60)
'''


@pytest.mark.parametrize('number', [
    signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whole_family_ends(number):
    family = subprocess.Popen([sys.executable, '-c', _FAMILY],
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL,
                              preexec_fn=heed_interrupts)
    assert family.stdout.readline() == b'ready\n'
    members = descendants(family.pid)
    assert len(members) == 3
    family.send_signal(number)
    family.wait()
    wait_until(lambda: not alive(members), 5)


def test_parent_that_is_gone_before():
    """Its ID is that of no parent."""
    command = bound(_SLEEP)
    command[4] = '1'
    assert subprocess.run(command, timeout=20).returncode == 1


def test_watching_where_there_is_no_parent_death_signal():
    code = (f'import runpy, os\nmodule = runpy.run_path('
            f'{processes.__file__!r})\n'
            f'module["_watch"](os.getppid(), {_SLEEP!r})')
    parent = subprocess.Popen(
        ['/bin/sh', '-c', '"$0" -c "$1" & wait', sys.executable, code])
    wait_until(lambda: len(descendants(parent.pid)) == 2, 20)
    members = descendants(parent.pid)
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(members), 5)

    watcher = subprocess.Popen([sys.executable, '-c', code])
    wait_until(lambda: descendants(watcher.pid), 20)
    members = descendants(watcher.pid)
    watcher.terminate()
    assert watcher.wait(5) == 128 + signal.SIGTERM
    assert not alive(members)


def test_exit_code():
    with ProcessGroup() as group:
        code = 'import sys; sys.exit(int(sys.argv[1]))'
        started = [group.start([sys.executable, '-c', code, str(number)])
                   for number in range(3)]
        assert [group.wait(process) for process in started] == [0, 1, 2]


def test_error_ends_what_runs_and_what_waits():
    begun = time.time()
    ends = []

    def run(group):
        try:
            group.wait(group.start(_SLEEP))
        except CancelledError:
            ends.append('cancelled')
            raise

    with pytest.raises(KeyboardInterrupt):
        with ThreadPoolExecutor(2) as pool, ProcessGroup() as group:
            for _ in range(5):
                pool.submit(run, group)
            wait_until(lambda: len(descendants(os.getpid())) >= 2, 20)
            raise KeyboardInterrupt
    assert ends == ['cancelled'] * 5 and time.time() - begun < 30
