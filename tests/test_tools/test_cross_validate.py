# Copyright (c) mmfer contributors.
import json
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

import mmfer

ROOT = Path(mmfer.__file__).parents[1]
TOOL = os.fspath(ROOT / 'tools/cross_validate.py')
CONFIG = '''
_base_ = ['{root}/configs/_base_/default_runtime.py']
faces = dict(type='FERCSV', data_root='{data}', label_space=['happy', 'sad'],
             pipeline=[dict(type='LoadFERImage'), dict(type='PackFERInputs')])
loader = dict(batch_size=8, num_workers=0,
              collate_fn=dict(type='fer_collate'))
train_dataloader = dict(
    dataset=dict(type='InMemoryDataset', dataset=faces),
    sampler=dict(type='DefaultSampler', shuffle=True), **loader)
test_dataloader = dict(
    dataset=dict(test_mode=True, **faces),
    sampler=dict(type='DefaultSampler', shuffle=False), **loader)
test_evaluator = dict(type='FERMetric')
test_cfg = dict()
data_preprocessor = dict(type='FERDataPreprocessor')
model = dict(
    type='FERClassifier', backbone=dict(type='STSTNet'),
    head=dict(type='LinearClsHead', num_classes=2, in_channels=400))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-2))
train_cfg = dict(by_epoch=True, max_epochs={epochs})
default_hooks = dict(timer=None, logger=None)
init_weights = 'random'
'''
UNITS = '''
_base_ = ['short.py']
model = dict(head=dict(
    _delete_=True, type='MultiTaskFERHead', num_classes=2, in_channels=400,
    task_heads=dict(expr=dict(type='LinearClsHead'),
                    au=dict(type='AUHead', au_set=[12]))))
test_evaluator = [dict(type='FERMetric'), dict(type='AUMetric')]
default_hooks = dict(checkpoint=dict(save_best='au/f1'))
'''


def write_people(folder):
    """Five people with three to five images, bright for happy.

    Returns:
        Path: ``folder``.
    """
    folder.mkdir()
    rng, rows = np.random.RandomState(0), ['path,expression,subject,au12']
    for person in range(5):
        for number in range(3 + person % 3):
            happy, name = number % 2, f'{person}_{number}.png'
            img = rng.normal(100 + 40 * happy, 30, (28, 28, 3)).clip(0, 255)
            assert cv2.imwrite(os.fspath(folder / name), img.astype('uint8'))
            rows.append(
                f'{name},{"happy" if happy else "sad"},P{person},{happy}')
    (folder / 'labels.csv').write_text('\n'.join(rows) + '\n')
    return folder


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    """Five people with three to five pictures, bright for happy; their
    folder with configs of a short and a long training."""
    folder = write_people(tmp_path_factory.mktemp('people') / 'data')
    for name, epochs in (('short', 3), ('long', 40)):
        (folder / f'{name}.py').write_text(CONFIG.format(
            root=ROOT, data=folder, epochs=epochs))
    (folder / 'units.py').write_text(UNITS)
    return folder


def cross_validate(*arguments):
    """Run the tool in this process; its workers are processes anyway."""
    main = runpy.run_path(TOOL)['main']
    return main([str(argument) for argument in arguments])


def seeds_of(work_dir):
    return json.loads((work_dir / 'cross_validation.json').read_text())[
        'seeds']


def test_interrupted_and_continued(people):
    """The same numbers as without interruption; no fold is run twice."""
    command = (people / 'long.py', '--protocol', 'loso', '--work-dir')
    killed = subprocess.Popen(
        [sys.executable, TOOL, *map(str, command), str(people / 'killed')],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.time() + 400
    while not list((people / 'killed').glob('seed0/*/predictions.json')):
        assert killed.poll() is None and time.time() < deadline
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    folder = people / 'killed/seed0'
    done = {path: path.stat().st_mtime_ns
            for path in folder.glob('*/predictions.json')}
    assert 0 < len(done) < 5
    assert cross_validate(*command, people / 'killed') == 0
    assert cross_validate(*command, people / 'whole') == 0
    assert seeds_of(people / 'killed') == seeds_of(people / 'whole')
    for path, stamp in done.items():
        assert path.stat().st_mtime_ns == stamp


def test_inner_validation_with_two_jobs_and_seeds(people):
    """Of a model that tells action units as well."""
    out = people / 'inner'
    assert cross_validate(
        people / 'units.py', '--protocol', 'kfold', '--folds', 2,
        '--inner-folds', 2, '--seeds', 0, 1, '--jobs', 2,
        '--work-dir', out) == 0
    seeds = seeds_of(out)
    assert set(seeds) == {'0', '1'}
    confusion = np.array(seeds['0']['confusion'])
    assert confusion.sum() == seeds['0']['overall']['samples'] == 19
    protocol = json.loads(
        (out / 'seed1/fold0/protocol_test.json').read_text())
    assert protocol['weights']['selected'].endswith('not on this split')
    assert (out / 'confusion_matrix.png').is_file()
    text = (out / 'cross_validation.md').read_text()
    assert '±' in text and '| au/f1_AU12 |' in text
    rows = [row for path in (out / 'seed1').glob('*/predictions.json')
            for row in json.loads(path.read_text())['predictions']]
    found = np.array([[row['gt_au'][0], row['pred_au'][0] >= .5]
                      for row in rows])
    assert seeds['1']['metrics']['au/f1'] == pytest.approx(
        200 * found.all(1).sum() / max(found.sum(), 1))


def test_bad_picture_fails_one_fold_and_leaves_the_others(people, capfd):
    """Training skips it, testing must not."""
    command = (people / 'short.py', '--protocol', 'kfold', '--folds', 3,
               '--work-dir', people / 'failing', '--cfg-options',
               'train_dataloader.dataset.dataset.on_error=skip')
    (people / '0_1.png').rename(people / 'away.png')
    try:
        assert cross_validate(*command) == 1
    finally:
        (people / 'away.png').rename(people / '0_1.png')
    assert len(list(people.glob('failing/*/fold?/predictions.json'))) == 2
    assert not (people / 'failing/cross_validation.json').exists()
    assert '0_1.png' in capfd.readouterr().err
    with pytest.raises(SystemExit, match='name another --work-dir'):
        cross_validate(*command, 'train_cfg.max_epochs=1')


@pytest.mark.parametrize('option, number', [
    ('--jobs', 0), ('--inner-folds', 1)])
def test_bad_numbers(option, number, capsys):
    with pytest.raises(SystemExit):
        cross_validate('a.py', '--protocol', 'loso', option, number)
    assert f'{option} must be at least' in capsys.readouterr().err
