# Copyright (c) mmfer contributors.
"""The site, and the worked example in it."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import mmfer.datasets
from mmfer.datasets import BaseFERDataset, MicroExpressionDataset

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
    _check_support_matrix((DOCS / 'support_matrix.md').read_text())
    losses = (tmp_path / 'site/api/losses.html').read_text()
    assert 'RankRegularizationLoss' in losses and 'LabelBank' in losses


def _check_support_matrix(page):
    """It counts every config, and marks what is tested."""
    from .test_apis.test_export import METHODS
    tables = [
        [[cell.strip() for cell in line[1:-1].split('|')]
         for line in block.splitlines() if line[:1] == '|']
        for block in page.split('## Methods and ')[1:]
    ]
    counts, features = [
        {row[0]: dict(zip(table[0][1:], row[1:])) for row in table[2:]}
        for table in tables
    ]
    configs = len(list((ROOT / 'configs').glob('[!_]*/*.py')))
    assert configs == sum(
        int(cell or 0) for row in counts.values() for cell in row.values())
    folders = {
        meta['Collections'][0]['Name']: path.parent.name
        for path in (ROOT / 'configs').glob('*/metafile.yml')
        for meta in [yaml.safe_load(path.read_text())]
    }
    assert set(counts) == set(features) == set(folders)
    assert {folders[name] for name, row in features.items()
            if row['ONNX']} == {name.split('/')[0] for name in METHODS}
    assert features['DFME']['takes'] == 'clips'
    assert features['FaceTopoNet']['takes'] == 'pictures, landmarks'
    assert 'valence-arousal' in features['MTAC']['predicts']


# Readers without a set of their own; drawn faces have a page of another form.
NO_CARD = {BaseFERDataset, MicroExpressionDataset} | {
    getattr(mmfer.datasets, name)
    for name in ('FERCSV', 'FERFolder', 'PackedFER', 'SyntheticFER')
}


@pytest.mark.parametrize('reader', [
    name for name in mmfer.datasets.__all__
    if isinstance(getattr(mmfer.datasets, name), type)
    and issubclass(getattr(mmfer.datasets, name), BaseFERDataset)
    and getattr(mmfer.datasets, name) not in NO_CARD
])
def test_dataset_card(reader):
    """Who gives it, on which terms, what is in it, how it is used."""
    card, = [
        text for path in (DOCS / 'datasets').glob('*.md')
        for text in [path.read_text()]
        if re.search(rf'[Rr]eaders?:.*`{reader}`|^\| `{reader}` \||'
                     rf'^Two readers: .*`{reader}`', text, re.M)
        and '## Terms' in text
    ]
    for part in ('Layout', 'Labels', 'Counts', 'Protocol', 'Terms', 'Config'):
        assert f'\n## {part}\n' in card, part
    terms = card.split('\n## Terms\n')[1].split('\n## ')[0]
    assert re.search(r'<https?://[^>]+>', terms)
    assert f"type='{reader}'" in card or '| reader |' in card


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
    assert pages - listed <= {DOCS / f'{name}.md' for name in (
        'index', 'model_zoo', 'support_matrix')}


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
    said = _run(example, '-m', 'pytest', '-q', '-p', 'no:cacheprovider',
                'test_generalized_cross_entropy_loss.py')
    assert '1 passed' in said
