# Copyright (c) mmfer contributors.
"""The site, and the worked example in it."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = ROOT / 'docs'


def test_site_builds_without_warnings(tmp_path):
    for package in ('sphinx', 'myst_parser', 'furo'):
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', '-d',
         str(tmp_path / 'doctrees'), str(DOCS), str(tmp_path / 'site')],
        capture_output=True, text=True)
    assert not done.returncode, done.stderr[-3000:]
    zoo = (tmp_path / 'site/model_zoo.html').read_text()
    for file in yaml.safe_load((ROOT / 'model-index.yml').read_text())[
            'Import']:
        models = yaml.safe_load((ROOT / file).read_text())['Models']
        assert all(model['Config'] in zoo for model in models), file
    losses = (tmp_path / 'site/api/losses.html').read_text()
    assert 'RankRegularizationLoss' in losses and 'LabelBank' in losses


def test_every_page_is_in_a_list_of_pages():
    """Sphinx tells pages that are in none, this also tells stale names."""
    listed = set()
    for index in (DOCS / 'index.md', DOCS / 'datasets/index.md'):
        for block in re.findall(r'```{toctree}\n(.*?)```', index.read_text(),
                                re.S):
            for line in block.splitlines():
                if line and not line.startswith(':'):
                    listed.update(index.parent.glob(f'{line}.md'))
                    listed.update(index.parent.glob(f'{line}.rst'))
    pages = {page for kind in ('md', 'rst') for page in
             DOCS.rglob(f'*.{kind}') if '_build' not in page.parts}
    assert pages - listed <= {DOCS / 'index.md', DOCS / 'model_zoo.md'}


@pytest.fixture(scope='module')
def example(tmp_path_factory):
    """The files of the worked example; the first line names each."""
    folder = tmp_path_factory.mktemp('example')
    text = (DOCS / 'add_a_method.md').read_text()
    assert len(text.splitlines()) <= 100
    for name, code in re.findall(r'```python\n# (\S+)\n(.*?)```', text, re.S):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
    return folder


def _run(folder, *command):
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(
        [str(folder), str(ROOT), os.environ.get('PYTHONPATH', '')]))
    done = subprocess.run([sys.executable, *command], cwd=folder, env=env,
                          capture_output=True, text=True)
    assert not done.returncode, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr


@pytest.mark.skipif(not (ROOT / 'mmfer/.mim').exists(),
                    reason='mmfer is not installed: no configs in mmfer/.mim')
def test_worked_example_trains(example):
    shrink = [f'{key}_dataloader.{option}' for key in ('train', 'val')
              for option in ('num_workers=0', 'persistent_workers=False',
                             'dataset.size=64', 'dataset.image_size=32')]
    said = _run(
        example, str(ROOT / 'tools/train.py'),
        'gce_resnet18_1xb64_synthetic.py', '--work-dir', 'run',
        '--cfg-options', 'train_cfg.max_epochs=1', 'train_cfg.val_interval=1',
        *shrink)
    assert 'SymmetricNoise' in said
    assert (example / 'run/protocol.json').exists()


def test_test_of_the_worked_example_passes(example):
    _run(example, '-m', 'pytest', '-q', '-p', 'no:cacheprovider',
         'test_generalized_cross_entropy_loss.py')
