# Copyright (c) mmfer contributors.
"""Code that runs in several real processes at a time."""
import os
import subprocess
import sys
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
