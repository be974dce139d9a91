# Copyright (c) mmfer contributors.
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TOOL = Path(__file__).parents[2] / 'tools' / 'dataset_tools' / 'verify.py'


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('verify', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ferplus(root, number, seed):
    """Toy FERPlus folders whose images are noise."""
    rng = np.random.default_rng(seed)
    for name in ('FER2013Train', 'FER2013Valid'):
        folder = root / 'data' / name
        folder.mkdir(parents=True)
        rows = []
        for i in range(number):
            pixels = rng.integers(0, 256, (48, 48), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f'fer{i:07d}.png')
            votes = [0] * 10
            votes[i % 8] = 10
            rows.append(f'fer{i:07d}.png,"(0, 0, 48, 48)",' +
                        ','.join(map(str, votes)))
        (folder / 'label.csv').write_text('\n'.join(rows) + '\n')
    return root


def write_config(path, root, splits=('train', 'val', 'test')):
    names = dict(train='train', val='valid', test='test')
    lines = ["custom_imports = dict(imports=['mmfer'])"]
    for split in splits:
        lines.append(
            f"{split}_dataloader = dict(batch_size=2, dataset=dict("
            f"type='FERPlus', data_root={str(root)!r}, "
            f"split={names[split]!r}, drop='unusable', "
            "pipeline=[dict(type='NotBuilt')]))")
    path.write_text('\n'.join(lines) + '\n')
    return str(path)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = ferplus(tmp_path / 'faces', 16, 0)
    return root, write_config(tmp_path / 'toy.py', root)


def test_clean_dataset(tool, toy, capsys):
    assert tool.main([toy[1]]) == 0
    printed = capsys.readouterr().out
    assert 'passed: 0 kinds of errors, 0 kinds of warnings' in printed
    assert 'contempt' in printed and 'drop rule unusable' in printed
    with open(Path('work_dirs') / 'verify' / 'toy.json') as file:
        report = json.load(file)
    assert report['passed'] and report['config'] == toy[1]
    assert [d['status'] for d in report['datasets']] == [
        'checked', 'checked', 'absent'
    ]
    assert report['datasets'][0]['class_counts']['fear'] == 2


def test_damaged_dataset(tool, toy, tmp_path, capsys):
    folder = toy[0] / 'data' / 'FER2013Train'
    (folder / 'fer0000000.png').unlink()
    for i in range(1, 5):
        path = folder / f'fer{i:07d}.png'
        path.write_bytes(path.read_bytes()[:1000])
    out = tmp_path / 'new' / 'folder' / 'report.json'
    assert tool.main([toy[1], '--out', str(out), '--examples', '2']) == 1
    printed = capsys.readouterr().out
    assert 'error missing file | train: FERPlus train: 1' in printed
    assert 'error corrupt image | train: FERPlus train: 4' in printed
    assert '... and 2 more' in printed
    assert str(folder / 'fer0000001.png') in printed
    assert str(folder / 'fer0000004.png') not in printed
    findings = json.loads(out.read_text())['findings']
    corrupt, = [f for f in findings if f['check'] == 'corrupt image']
    assert len(corrupt['items']) == 4
    assert str(folder / 'fer0000004.png') in corrupt['items'][3]


def test_strict_turns_duplicates_into_errors(tool, toy, capsys):
    data = toy[0] / 'data'
    same = (data / 'FER2013Train' / 'fer0000003.png').read_bytes()
    (data / 'FER2013Valid' / 'fer0000004.png').write_bytes(same)
    assert tool.main([toy[1]]) == 0
    printed = capsys.readouterr().out
    assert 'warning duplicates across splits | train / val: 1' in printed
    assert 'fer0000003.png (sadness)' in printed
    assert 'fer0000004.png (anger)' in printed
    assert 'contradictory labels among duplicates' in printed
    assert tool.main([toy[1], '--strict']) == 1
    assert 'failed' in capsys.readouterr().out


def test_splits_that_are_asked_for_must_be_there(tool, toy, capsys):
    assert tool.main([toy[1], '--splits', 'val']) == 0
    assert 'FER2013Train' not in capsys.readouterr().out
    assert tool.main([toy[1], '--splits', 'val', 'test']) == 1
    assert 'FER2013Test: no such folder' in capsys.readouterr().out


def test_cfg_options(tool, toy, tmp_path):
    other = ferplus(tmp_path / 'other', 8, 1)
    (other / 'data' / 'FER2013Train' / 'fer0000001.png').write_bytes(b'')
    option = f'train_dataloader.dataset.data_root={other}'
    assert tool.main([toy[1]]) == 0
    assert tool.main([toy[1], '--cfg-options', option]) == 1


def test_exit_code_of_the_script(toy):
    (toy[0] / 'data' / 'FER2013Valid' / 'fer0000002.png').write_bytes(b'\xff')
    env = dict(
        os.environ, PYTHONPATH=str(TOOL.parents[2]), OMP_NUM_THREADS='1')
    done = subprocess.run([sys.executable, str(TOOL), toy[1]],
                          env=env,
                          capture_output=True,
                          text=True)
    assert done.returncode == 1, done.stderr
    assert 'no image of a known format' in done.stdout


BAD_CALLS = {
    'no-config': (['nowhere.py'], 'nowhere.py: no such config. Hint'),
    'config-is-folder': (['faces'], 'faces: no such config. Hint'),
    'syntax-error': (['syntax.py'], 'syntax.py: not valid Python'),
    'unknown-import': (['imports.py'], 'no_such_package'),
    'unknown-suffix': (['text.txt'], 'text.txt: Only py'),
    'no-dataloader': (['empty.py'], 'no dataset in the config'),
    'split-not-in-config': (['train.py', '--splits', 'val'],
                            'the config has no val_dataloader'),
    'unknown-split': (['toy.py', '--splits', 'valid'], 'invalid choice'),
    'no-workers': (['toy.py', '--workers', '0'], 'must be positive, got 0'),
    'negative-examples': (['toy.py', '--examples', '-1'],
                          'must not be negative, got -1'),
    'out-is-folder': (['toy.py', '--out', 'faces'], 'Is a directory'),
    'out-under-file': (['toy.py', '--out', 'toy.py/a.json'],
                       'cannot be written'),
    'bad-option':
    (['toy.py', '--cfg-options', 'train_dataloader.dataset.pipeline.7.x=1'],
     'does not fit the config'),
}


@pytest.mark.parametrize('args,message', BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_call_says_what_to_change(tool, toy, tmp_path, capsys, args,
                                      message):
    (tmp_path / 'syntax.py').write_text('a = = 1\n')
    (tmp_path / 'imports.py').write_text(
        "custom_imports = dict(imports=['no_such_package'])\n")
    (tmp_path / 'text.txt').write_text('a = 1\n')
    (tmp_path / 'empty.py').write_text('model = dict()\n')
    write_config(tmp_path / 'train.py', toy[0], ['train'])
    with pytest.raises(SystemExit) as ended:
        tool.main(args)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
