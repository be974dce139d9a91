# Copyright (c) mmfer contributors.
"""Run many folds, several at a time, each worker process many of them."""
import json
import os
import os.path as osp
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue
from typing import Callable, Dict, Mapping, Optional

from mmengine.config import Config

from mmfer.apis.processes import ProcessGroup
from ..comparison import write_config

#: What a finished fold has in its folder.
PREDICTIONS = 'predictions.json'
_COMMAND = (sys.executable, '-m', 'mmfer.analysis.cross_validation.worker')


def run_folds(configs: Mapping[str, Config],
              jobs: int = 1,
              on_end: Callable[[str, Optional[str]], None] = lambda *_: None
              ) -> Dict[str, Optional[str]]:
    """Train and test every fold in its folder.

    A finished fold is not repeated, an interrupted one starts again, and one
    that fails leaves the others alone. All end with this process, or when it
    is interrupted.

    Args:
        configs (Mapping[str, Config]): Folder -> config, see
            :func:`fold_config`.
        jobs (int): How many at a time, which share the CPU's cores. Defaults
            to 1.
        on_end (Callable): Called after each fold, with folder and problem.

    Returns:
        dict[str, str or None]: Folder -> why it failed, None if it did not.

    Raises:
        ValueError: If a folder holds a fold of another config.
    """
    problems: Dict[str, Optional[str]] = {}
    todo: Queue = Queue()
    for folder, cfg in configs.items():
        path = write_config(folder, cfg)
        if osp.isfile(osp.join(folder, PREDICTIONS)):
            problems[folder] = None
            on_end(folder, None)
        else:
            todo.put((folder, path))
    threads = max(1, (os.cpu_count() or 1) // jobs)

    def serve() -> None:
        worker = _Worker(threads, processes)
        try:
            while True:
                folder, path = todo.get_nowait()
                problems[folder] = worker.run(path)
                on_end(folder, problems[folder])
        except Empty:
            pass
        finally:
            worker.close()

    with ThreadPoolExecutor(jobs) as pool, ProcessGroup() as processes:
        for done in [pool.submit(serve) for _ in range(jobs)]:
            done.result()
    return {folder: problems[folder] for folder in configs}


class _Worker:
    """A process that runs folds; a new one follows where it dies."""

    def __init__(self, threads: int, processes: ProcessGroup) -> None:
        self.processes = processes
        self.environment = {'OMP_NUM_THREADS': str(threads), **os.environ}
        self.process: Optional[subprocess.Popen] = None

    def run(self, path: str) -> Optional[str]:
        """Run a fold; the answer is why it failed, or None."""
        if self.process is None:
            self.process = self.processes.start(
                _COMMAND, env=self.environment, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True)
        try:
            print(path, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ''
        if answer:
            return json.loads(answer)['problem']
        code = self.processes.wait(self.process)
        self.process = None
        return f'its process ended with code {code}'

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()
