# Copyright (c) mmfer contributors.
"""The command line; what it does is tested in test_datasets/test_packing."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmfer.datasets import PackedFER
from tests.toys import make_ferplus, small_config

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp('faces')
    root = make_ferplus(folder / 'data', size=12)
    make_ferplus(root, 'valid', per_class=2, size=12)
    cfg = small_config(root, folder / 'run')
    cfg.dump(folder / 'toy.py')
    return folder / 'toy.py'


def _run(*args, cwd=ROOT):
    env = dict(os.environ, PYTHONPATH=os.fspath(ROOT))
    return subprocess.run(
        [sys.executable, ROOT / 'tools/dataset_tools/pack.py', *args],
        env=env, cwd=cwd, capture_output=True, text=True)


def test_packs_checks_and_finds_damage(config):
    """Into the default folder, below where it is called."""
    folder = config.parent
    done = _run(config, '--split', 'valid', '--size', '10', cwd=folder)
    assert done.returncode == 0, done.stderr
    pack = folder / 'data/packed/ferplus-valid-10'
    assert '16 samples' in done.stdout and 'packing' in done.stderr
    assert PackedFER(pack).class_counts()['anger'] == 2
    done = _run('--check', pack)
    assert done.returncode == 0 and 'no damage' in done.stdout
    pixels = np.memmap(pack / 'images.u8', np.uint8, 'r+')
    pixels[1000] ^= 1
    pixels.flush()
    done = _run('--check', pack)
    assert done.returncode == 1 and 'samples 0 to 15' in done.stdout


@pytest.mark.parametrize('args, message', [
    ((), 'CONFIG and --size are needed'),
    (('{config}', ), 'CONFIG and --size are needed'),
    (('{config}', '--size', '1', '2', '3'), 'one or two positive'),
    (('{config}', '--size', '0'), 'one or two positive'),
    (('{config}', '--size', '8', '--workers', '-1'), 'must not be negative'),
    (('nowhere.py', '--size', '8'), 'nowhere.py: no such config'),
    (('{config}', '--size', '8', '--split', 'test'), 'FER2013Test'),
    (('--check', 'nowhere'), 'nowhere: no packed dataset'),
], ids=['nothing', 'no_size', 'sizes', 'zero', 'workers', 'config', 'split',
        'check'])
def test_bad_calls(config, args, message):
    args = [str(a).format(config=config) for a in args]
    done = _run(*args, '--out', config.parent / 'never') if (
        '--check' not in args) else _run(*args)
    assert done.returncode != 0
    assert message in done.stderr and 'Traceback' not in done.stderr
    assert not (config.parent / 'never').exists()
