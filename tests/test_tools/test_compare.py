# Copyright (c) mmfer contributors.
import json
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

import mmfer
from ..toys import make_ferplus, small_config

ROOT = Path(mmfer.__file__).parents[1]


def compare(*arguments):
    return subprocess.run(
        [sys.executable, ROOT / 'tools/compare.py', *map(str, arguments)],
        capture_output=True, text=True)


@pytest.fixture(scope='module')
def grid(tmp_path_factory):
    """Two methods, one of which cannot be trained."""
    folder = tmp_path_factory.mktemp('grid')
    data = make_ferplus(folder / 'data', per_class=2)
    make_ferplus(data, 'valid', per_class=1)
    cfg = small_config(data, folder, epochs=1)
    cfg.dump(folder / 'plain.py')
    cfg = Config.fromfile(folder / 'plain.py')
    cfg.optim_wrapper.optimizer.weight_decay = -1.
    cfg.dump(folder / 'wrong.py')
    arguments = ('--configs', folder / 'plain.py', folder / 'wrong.py',
                 '--noise', 0.25, '--seeds', 3, '--work-dir', folder / 'out')
    return folder, arguments, compare(*arguments)


def test_table_and_failure(grid):
    folder, _, done = grid
    assert done.returncode == 1, done.stderr[-3000:]
    report = json.loads((folder / 'out/comparison.json').read_text())
    plain, wrong = report['rows']
    run = folder / 'out/plain/as-configured-noise25/seed3'
    protocol = json.loads((run / 'protocol.json').read_text())
    assert plain['values']['accuracy'] == {
        '3': protocol['result']['last']['metrics']['expr/accuracy']}
    assert protocol['run']['seed'] == 3
    train, = protocol['data']['train']['sets']
    assert 'SymmetricNoise' in str(train['noise'])
    assert plain['cost']['gflops'] > 0 and plain['iteration'] > 0
    assert 'Invalid weight_decay' in wrong['failed']['3']
    assert 'Invalid weight_decay' in done.stdout


def test_finished_runs_are_not_repeated(grid):
    folder, arguments, _ = grid
    run = folder / 'out/plain/as-configured-noise25/seed3'
    before = (run / 'output.txt').read_text()
    done = compare(*arguments[:2], *arguments[3:])
    assert done.returncode == 0, done.stderr[-3000:]
    assert (run / 'output.txt').read_text() == before


def test_bad_other_config_in_the_same_folder(grid):
    _, arguments, _ = grid
    done = compare(*arguments, '--cfg-options', 'train_cfg.max_epochs=2')
    assert done.returncode == 1 and 'name another --work-dir' in done.stderr


def test_bad_jobs():
    done = compare('--configs', 'a.py', '--jobs', 0)
    assert done.returncode == 2 and '--jobs must be at least 1' in done.stderr
