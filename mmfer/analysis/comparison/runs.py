# Copyright (c) mmfer contributors.
"""Train many configs, each in a process of its own."""
import json
import os
import os.path as osp
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Callable, Dict, Mapping, NamedTuple, Optional, Sequence

from mmengine.config import Config

from mmfer.apis.processes import ProcessGroup
from mmfer.errors import ConfigError


class Outcome(NamedTuple):
    """How a run ended.

    Args:
        protocol (dict, optional): Its protocol with the result, None if it
            failed.
        iteration (float, optional): Median seconds of its iterations, as
            logged.
        problem (str, optional): Why it failed.
    """
    protocol: Optional[dict] = None
    iteration: Optional[float] = None
    problem: Optional[str] = None


def train_all(configs: Mapping[str, Config],
              command: Sequence[str],
              jobs: int = 1,
              on_end: Callable[[str, Outcome], None] = lambda *_: None
              ) -> Dict[str, Outcome]:
    """Train every config in its folder.

    A finished run is not repeated, an interrupted one resumes from its last
    checkpoint, and one that fails leaves the others alone. All end with this
    process, or when it is interrupted.

    Args:
        configs (Mapping[str, Config]): Folder -> config.
        command (Sequence[str]): What trains a config; it gets the options of
            ``tools/train.py``.
        jobs (int): How many at a time. Defaults to 1.
        on_end (Callable): Called after each run, with folder and outcome.

    Returns:
        dict[str, Outcome]: Folder -> outcome.

    Raises:
        ValueError: If a folder holds a run of another config.
    """
    paths = {folder: write_config(folder, cfg)
             for folder, cfg in configs.items()}
    outcomes: Dict[str, Outcome] = {}

    def run(folder: str) -> None:
        outcomes[folder] = _train(folder, paths[folder], command, processes)
        on_end(folder, outcomes[folder])

    with ThreadPoolExecutor(jobs) as pool, ProcessGroup() as processes:
        for done in [pool.submit(run, folder) for folder in configs]:
            done.result()
    return {folder: outcomes[folder] for folder in configs}


def write_config(folder: str, cfg: Config) -> str:
    """Write ``FOLDER/config/NAME.py``, unless it is there already.

    What the runner writes to ``FOLDER/NAME.py`` holds more than was asked.

    Args:
        folder (str): The folder of the run.
        cfg (Config): Its config.

    Returns:
        str: The path of the file.

    Raises:
        ValueError: If the folder holds a run of another config.
    """
    path = osp.join(folder, 'config', osp.basename(cfg.filename))
    text = cfg.pretty_text
    if osp.isfile(path):
        if Path(path).read_text(encoding='utf-8') != text:
            raise ConfigError(f'{path} differs from the config to be run now',
                              hint='name another --work-dir, or remove this '
                              'run')
        return path
    os.makedirs(osp.dirname(path), exist_ok=True)
    Path(path).write_text(text, encoding='utf-8')
    return path


def _train(folder: str, path: str, command: Sequence[str],
           processes: ProcessGroup) -> Outcome:
    protocol = _finished(folder)
    if protocol is None:
        output = osp.join(folder, 'output.txt')
        with open(output, 'a', encoding='utf-8') as file:
            code = processes.wait(processes.start(
                [*command, path, '--work-dir', folder, '--resume'],
                stdout=file, stderr=file, stdin=subprocess.DEVNULL))
        protocol = _finished(folder)
        if code or protocol is None:
            lines = Path(output).read_text(
                encoding='utf-8', errors='replace').strip().splitlines()
            return Outcome(
                problem=f'exit code {code}: {lines[-1] if lines else ""} '
                f'(see {output})')
    if not protocol['result']:
        return Outcome(problem='nothing was evaluated. Hint: give the '
                       'config a val_dataloader')
    return Outcome(protocol, _iteration(folder))


def _finished(folder: str) -> Optional[dict]:
    path = Path(folder, 'protocol.json')
    if not path.is_file():
        return None
    protocol = json.loads(path.read_text(encoding='utf-8'))
    return protocol if protocol.get('finished') else None


def _iteration(folder: str) -> Optional[float]:
    rows = [
        json.loads(line)
        for path in Path(folder).glob('*/vis_data/scalars.json')
        for line in path.read_text(encoding='utf-8').splitlines()
    ]
    times = [row['time'] for row in rows if 'loss' in row and 'time' in row]
    return median(times) if times else None
