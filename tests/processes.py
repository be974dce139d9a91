# Copyright (c) mmfer contributors.
"""Code that runs in several real processes at a time."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# All processes are of this machine, whatever its name resolves to.
LOOPBACK = 'lo0' if sys.platform == 'darwin' else 'lo'


def run_processes(code, folder, *arguments, number=2, timeout=500):
    """Run Python code once for each rank; each must succeed.

    Args:
        code (str): It finds its rank and the folder in ``sys.argv[1:3]``,
            further arguments behind them.
        folder (Path): Where it runs.
    """
    search = os.environ.get('PYTHONPATH')
    environment = dict(
        os.environ, OMP_NUM_THREADS='1', GLOO_SOCKET_IFNAME=LOOPBACK,
        PYTHONPATH=os.pathsep.join(filter(None, [os.fspath(ROOT), search])))
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', code, str(rank), os.fspath(folder),
             *map(str, arguments)],
            cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
        for rank in range(number)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=timeout)
        assert process.returncode == 0, errors[-3000:]


def heed_interrupts():
    """Undo what a shell does to its background jobs; a ``preexec_fn``."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def parent(pid):
    """The parent of a process, or None if it has ended."""
    try:
        # PID (NAME) STATE PARENT ...; the name may hold anything.
        state, parent = Path(f'/proc/{pid}/stat').read_text().rpartition(
            ')')[2].split()[:2]
    except OSError:
        return None
    return None if state in 'ZX' else int(parent)


def alive(pids):
    """Those processes that have not ended."""
    return [pid for pid in pids if parent(pid) is not None]


def descendants(pid):
    """The processes that a process has started, and those that they have.

    Returns:
        list[int]: Their IDs.
    """
    children = {}
    for folder in Path('/proc').glob('[0-9]*'):
        children.setdefault(parent(folder.name), []).append(int(folder.name))
    found, todo = [], [pid]
    while todo:
        found += (more := children.get(todo.pop(), []))
        todo += more
    return found


def wait_until(condition, seconds):
    """Wait for something that must happen within some seconds."""
    deadline = time.time() + seconds
    while not condition():
        assert time.time() < deadline, f'not within {seconds} s'
        time.sleep(0.02)
