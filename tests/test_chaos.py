# Copyright (c) mmfer contributors.
"""Tools that are killed at random moments end like those that are not.

``MMFER_CHAOS_KILLS`` is the number of kills (default 5), ``MMFER_CHAOS_SEED``
chooses moments, signals and victims (default 0), and ``MMFER_CHAOS_REPORT``
names a file for the table of what happened, in Markdown:

    MMFER_CHAOS_KILLS=50 MMFER_CHAOS_REPORT=chaos.md \\
        python -m pytest tests/test_chaos.py -m slow -s
"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import torch
from mmengine.runner import CheckpointLoader

import mmfer

from .processes import alive, descendants, heed_interrupts, wait_until
from .test_tools.test_cross_validate import CONFIG, write_people
from .toys import make_ferplus, small_config

ROOT = Path(mmfer.__file__).parents[1]
TOOLS = ROOT / 'tools'
SIGNALS = ('SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT')
KILLS_OF_A_RUN = 2
COLUMNS = ('runs', 'kills', *dict.fromkeys(SIGNALS), 'of a child',
           'ended before', 'equal')


@pytest.fixture(scope='module')
def jobs(tmp_path_factory):
    """Name -> command, without the folder to write as its last word."""
    folder = tmp_path_factory.mktemp('chaos')
    data = make_ferplus(folder / 'data')
    make_ferplus(data, 'valid', per_class=1)
    many = make_ferplus(folder / 'many', per_class=400, size=12)
    cfg = small_config(many, folder)
    cfg.dump(folder / 'many.py')
    cfg = small_config(data, folder, epochs=3, num_workers=1)
    cfg.dump(folder / 'plain.py')
    cfg = small_config(data, folder, epochs=5, num_workers=2)
    cfg.model.update(
        type='RelabelToy', truth=[i % 8 for i in range(32)],
        label_bank=dict(type='LabelBank', num_classes=8, max_changes=4))
    cfg.train_dataloader.batch_size = 4
    cfg.train_dataloader.dataset.noise = dict(
        type='SymmetricNoise', ratio=.4, seed=1)
    cfg.custom_imports.imports += ['tests.relabel_toys']
    cfg.custom_hooks.append(dict(type='LabelCorrectionHook'))
    cfg.dump(folder / 'relabel.py')
    write_people(folder / 'people')
    (folder / 'people.py').write_text(
        CONFIG.format(root=ROOT, data=folder / 'people', epochs=20))
    python = sys.executable
    return {
        'training, 2 workers': [
            python, TOOLS / 'train.py', folder / 'relabel.py', '--resume',
            '--work-dir'],
        'training, 2 processes': [
            'bash', TOOLS / 'dist_train.sh', folder / 'relabel.py', '2',
            '--resume', '--work-dir'],
        'packing': [
            python, TOOLS / 'dataset_tools/pack.py', folder / 'many.py',
            '--size', '10', '--out'],
        'comparing': [
            python, TOOLS / 'compare.py', '--configs', folder / 'plain.py',
            '--seeds', '0', '1', '--jobs', '2', '--work-dir'],
        'cross-validation': [
            python, TOOLS / 'cross_validate.py', folder / 'people.py',
            '--protocol', 'kfold', '--folds', '3', '--jobs', '2',
            '--work-dir']}


def start(command, folder):
    return subprocess.Popen(
        [*map(str, command), str(folder)], start_new_session=True,
        stdout=open(f'{folder}.txt', 'a'), stderr=subprocess.STDOUT,
        preexec_fn=heed_interrupts,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT),
             'MMFER_PYTHON': sys.executable, 'CUDA_VISIBLE_DEVICES': ''})


def finish(command, folder):
    """Run to the end; the seconds it took."""
    begun = time.time()
    code = start(command, folder).wait(900)
    output = Path(f'{folder}.txt').read_text()
    assert code == 0, output[-5000:]
    return time.time() - begun


def _stable(node):
    """JSON without what tells of time and place."""
    if isinstance(node, dict):
        return {key: _stable(value) for key, value in node.items()
                if key not in (
                    'iteration', 'resumes', 'started', 'time', 'work_dir')
                and not key.endswith(('time', 'seconds'))}
    if isinstance(node, list):
        return [_stable(value) for value in node]
    return node


def contents(folder):
    """Relative path -> what two runs must have in common.

    Logs, which lie in a folder for each start, and what was printed differ;
    temporary files must not be there.
    """
    found = {}
    for path in sorted(folder.rglob('*')):
        name = str(path.relative_to(folder))
        if path.is_dir() or re.search(r'(^|/)\d{8}_\d{6}/|output.txt', name):
            continue
        if path.suffix == '.pth':
            found[name] = CheckpointLoader.load_checkpoint(
                str(path), 'cpu')['state_dict']
        elif path.suffix == '.json':
            found[name] = _stable(json.loads(path.read_text()))
        elif path.suffix in ('.jsonl', '.npz', '.u8'):
            found[name] = path.read_bytes()
        else:
            found[name] = None
    return found


def assert_equal(folder, reference):
    got, expected = contents(folder), contents(reference)
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        if name.endswith('.pth'):
            assert got[name].keys() == value.keys(), name
            for key, tensor in value.items():
                assert torch.equal(got[name][key], tensor), (name, key)
        else:
            assert got[name] == value, name


def kill(process, chance):
    """Kill a run or one of its children; what was done, and nothing that
    has its end later than 5 s if it was the run."""
    members = descendants(process.pid)
    number = chance.choice(SIGNALS)
    events = [number]
    victim = process.pid
    if members and chance.random() < .3:
        victim = chance.choice(members)
        events.append('of a child')
    try:
        os.kill(victim, getattr(signal, number))
    except ProcessLookupError:
        events = ['ended before']
    # A killed child is an error of the run, or is replaced.
    process.wait(900)
    wait_until(lambda: not alive(members), 5)
    return events


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_runs_end_like_others(jobs, tmp_path):
    left = int(os.environ.get('MMFER_CHAOS_KILLS', 5))
    chance = random.Random(int(os.environ.get('MMFER_CHAOS_SEED', 0)))
    table = {}
    references = {}
    names = list(jobs)
    number = 0
    while left > 0:
        name = names[number % len(names)]
        command = jobs[name]
        if name not in references:
            reference = tmp_path / f'reference{len(references)}'
            references[name] = reference, finish(command, reference)
        reference, seconds = references[name]
        row = table.setdefault(name, Counter())
        folder = tmp_path / f'run{number}'
        for _ in range(min(left, KILLS_OF_A_RUN)):
            process = start(command, folder)
            time.sleep(chance.uniform(0, seconds))
            if process.poll() is None:
                row.update(['kills', *kill(process, chance)])
            else:
                row['ended before'] += 1
            left -= 1
        finish(command, folder)
        row['runs'] += 1
        assert_equal(folder, reference)
        row['equal'] += 1
        number += 1
    lines = [' | '.join(['| what ran', *COLUMNS]) + ' |',
             '|---' * (len(COLUMNS) + 1) + '|']
    lines += [' | '.join([f'| {name}', *(str(row[c]) for c in COLUMNS)])
              + ' |' for name, row in table.items()]
    print('\n'.join(['', *lines]))
    if report := os.environ.get('MMFER_CHAOS_REPORT'):
        Path(report).write_text('\n'.join(lines) + '\n')
