# Copyright (c) mmfer contributors.
"""tools/train.py and tools/test.py, as a user calls them."""
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.runner import CheckpointLoader

import mmfer
from mmfer.apis.run import load_config, prepare_config
from mmfer.structures import LabelSpace

ROOT = Path(mmfer.__file__).parents[1]
CLASSES = list(LabelSpace.get('ferplus').classes)


def weights(path):
    return CheckpointLoader.load_checkpoint(os.fspath(path))['state_dict']


def test_train_and_resume(trained, tool, tmp_path):
    """Options as OpenMMLab's users know them; resuming changes nothing."""
    fixed = ('train_dataloader.batch_size=16',
             'default_hooks.checkpoint.max_keep_ckpts=-1')
    assert tool('train', trained.config, '--work-dir', 'whole',
                '--auto-scale-lr', '--cfg-options', *fixed) is None
    dumped = Config.fromfile(tmp_path / 'whole/toy.py')
    assert dumped.train_dataloader.batch_size == 16
    assert dumped.auto_scale_lr.enable

    Path('cut').mkdir()
    shutil.copy('whole/epoch_1.pth', 'cut')
    Path('cut/last_checkpoint').write_text(
        os.fspath(tmp_path / 'cut/epoch_1.pth'))
    assert tool('train', trained.config, '--work-dir', 'cut', '--resume',
                '--no-validate', '--auto-scale-lr', '--cfg-options',
                *fixed) is None
    assert 'Epoch(train) [1]' not in next(Path('cut').glob('*/*.log')
                                          ).read_text()
    assert not list(Path('cut').glob('best_*'))
    whole, again = weights('whole/epoch_2.pth'), weights('cut/epoch_2.pth')
    for key, value in whole.items():
        assert torch.equal(value, again[key]), key


def test_test_writes_predictions(trained, tool, tmp_path):
    """Both formats say the same, and reproduce the logged accuracy."""
    for form in ('csv', 'json'):
        assert tool('test', trained.config, trained.checkpoint, '--out',
                    f'deep/er/out.{form}', '--work-dir', 'tested') is None
    rows = list(csv.DictReader(open('deep/er/out.csv', encoding='utf-8')))
    content = json.loads(Path('deep/er/out.json').read_text())
    assert content['classes'] == CLASSES
    assert len(rows) == len(content['predictions']) == 16
    for row, other in zip(rows, content['predictions']):
        scores = [float(row[f'score_{name}']) for name in CLASSES]
        np.testing.assert_allclose(scores, other['scores'], atol=1e-6)
        assert row['predicted'] == CLASSES[int(np.argmax(scores))]
        assert {k: row[k] for k in ('img_path', 'label', 'predicted')
                } == {k: other[k] for k in ('img_path', 'label', 'predicted')}
        index = int(re.search(r'fer(\d+)', row['img_path'])[1])
        assert row['label'] == CLASSES[index % 8]
    accuracy = 100 * np.mean([r['label'] == r['predicted'] for r in rows])
    logged = next(Path('tested').glob('*/*.json'))
    assert json.loads(logged.read_text().splitlines()[-1])[
        'expr/accuracy'] == pytest.approx(accuracy)


def test_test_on_other_data_mirrored_and_drawn(trained, tool):
    assert tool('test', trained.config, trained.checkpoint, '--tta', '--out',
                'tta.csv', '--cfg-options',
                f'test_dataloader.dataset.data_root={trained.data}',
                'test_dataloader.dataset.split=valid') is None
    rows = list(csv.DictReader(open('tta.csv', encoding='utf-8')))
    assert len(rows) == 16 and 'FER2013Valid' in rows[0]['img_path']
    assert tool('test', trained.config, trained.checkpoint, '--show-dir',
                'drawn', '--interval', '8', '--work-dir', 'drawn_run') is None
    assert len(list(Path('.').rglob('drawn/*.png'))) == 2


def test_help_teaches(tool, capsys):
    for name in ('train', 'test'):
        assert tool(name, '--help') == 0
        told = capsys.readouterr().out
        assert 'examples:' in told and f'tools/{name}.py' in told
        assert '--cfg-options' in told and '--launcher' in told


def test_loaders_fit_the_machine(trained):
    cfg = prepare_config(
        load_config(os.fspath(trained.config)),
        cfg_options={
            'train_dataloader.num_workers': 2,
            'train_dataloader.persistent_workers': True,
            'val_dataloader.persistent_workers': True
        })
    assert cfg.train_dataloader.persistent_workers is True
    assert cfg.val_dataloader.persistent_workers is False
    assert cfg.train_dataloader.pin_memory is torch.cuda.is_available()
    assert cfg.train_dataloader.collate_fn.type == 'fer_collate'
    cfg = prepare_config(
        cfg, pin_memory=False, persistent_workers=False, work_dir='there')
    assert not cfg.train_dataloader.persistent_workers
    assert not cfg.train_dataloader.pin_memory
    assert cfg.work_dir == 'there'


@pytest.mark.parametrize('option', [
    'model.backbone.frozen_stages=1', 'optim_wrapper.clip_grad.max_norm=5',
    'randomness.seed=3', 'find_unused_parameters=True',
    'env_cfg.dist_cfg.timeout=60', 'init_weights=random',
    'train_dataloader.dataset.pipeline.1.size=20',
    'val_dataloader.sampler.round_up=False', 'load_from=None'
])
def test_good_options_are_accepted(trained, option):
    key, _, value = option.partition('=')
    cfg = prepare_config(load_config(os.fspath(trained.config)), {key: value})
    node = cfg
    for part in key.split('.'):
        node = node[int(part) if part.isdigit() else part]
    assert node == value


# What a user may get wrong -> what the line must tell.
BAD = dict(
    no_config=(['nowhere.py'], 'nowhere.py: no such config'),
    config_is_folder=(['.'], 'no such config'),
    syntax=(['syntax.py'], 'syntax.py: not valid Python'),
    no_base=(['no_base.py'], 'absent.py'),
    bad_package=(['nopkg::a/b.py'], 'nopkg'),
    top_key=(['CONFIG', '--cfg-options', 'optim_wraper.optimizer.lr=1'],
             "did you mean 'optim_wrapper'"),
    unknown_top_key=(['CONFIG', '--cfg-options', 'colour=red'],
                     "no 'colour'"),
    inner_key=(['CONFIG', '--cfg-options', 'model.bakbone.depth=1'],
               "model has no 'bakbone'. Hint: did you mean 'backbone'"),
    plural_key=(['CONFIG', '--cfg-options', 'train_cfg.max_epoch=1'],
                "did you mean 'max_epochs'"),
    underscore=(['CONFIG', '--cfg-options', 'train_dataloader.batchsize=1'],
                "did you mean 'batch_size'"),
    list_index=(['CONFIG', '--cfg-options', 'custom_hooks.99.type=X'],
                'does not fit the config'),
    no_checkpoint=(['CONFIG', '--resume', 'gone.pth'],
                   'gone.pth: no such checkpoint'),
    cut_checkpoint=(['CONFIG', '--resume', 'cut.pth'], 'cut.pth: this '
                    'checkpoint cannot be read'),
    amp=(['CONFIG', '--amp'], 'AutocastOptimWrapper'),
    amp_by_option=(['CONFIG', '--cfg-options',
                    'optim_wrapper.type=AmpOptimWrapper'],
                   'AutocastOptimWrapper'),
    nothing_to_scale=(['CONFIG', '--auto-scale-lr', '--cfg-options',
                       'auto_scale_lr.base_batch_size=0'],
                      'auto_scale_lr.base_batch_size=64'),
    slurm_on_cpu=(['CONFIG', '--launcher', 'slurm'], 'tools/dist_train.sh'),
    no_data=(['CONFIG', '--cfg-options',
              'train_dataloader.dataset.data_root=/nowhere'], '/nowhere'),
    noise=(['CONFIG', '--cfg-options',
            'train_dataloader.dataset.noise.type=SymmetricNoise',
            'train_dataloader.dataset.noise.ratio=1.5'],
           'ratio must be a number in [0, 1], got 1.5'),
    no_noise=(['CONFIG', '--cfg-options', 'train_dataloader.dataset.noise=2'],
              'noise'),
    lr=(['CONFIG', '--cfg-options', 'optim_wrapper.optimizer.lr=nan'],
        'optim_wrapper.optimizer.lr=nan is no finite number'),
    batch=(['CONFIG', '--cfg-options', 'train_dataloader.batch_size=0'],
           'train_dataloader.batch_size=0 is no whole number above 0'),
    epochs=(['CONFIG', '--cfg-options', 'train_cfg.max_epochs=0'],
            'train_cfg.max_epochs=0 is no whole number above 0'),
    workers=(['CONFIG', '--cfg-options', 'train_dataloader.num_workers=-1'],
             'train_dataloader.num_workers=-1 is no whole number from 0'),
    seed=(['CONFIG', '--cfg-options', 'randomness.seed=-1'],
          'randomness.seed=-1 is no whole number from 0'),
    nul=(['nul.py'], "model.name='a\\x00b' holds a NUL byte"),
    no_state=(['CONFIG', '--resume', 'none.pth'],
              'none.pth: its state_dict is a NoneType'))


@pytest.mark.parametrize('kind', BAD)
def test_bad_train(trained, tool, tmp_path, kind):
    """One line that names the mistake, and a failing exit code."""
    if get_device() != 'cpu' and ('amp' in kind or 'cpu' in kind):
        pytest.skip('there is an accelerator')
    (tmp_path / 'syntax.py').write_text('model = dict(\n')
    (tmp_path / 'no_base.py').write_text("_base_ = 'absent.py'\n")
    (tmp_path / 'nul.py').write_text("model = dict(name='a\\0b')\n")
    torch.save(dict(state_dict=None, meta={}), tmp_path / 'none.pth')
    (tmp_path / 'cut.pth').write_bytes(trained.checkpoint.read_bytes()[:900])
    arguments, told = BAD[kind]
    arguments = [os.fspath(trained.config) if a == 'CONFIG' else a
                 for a in arguments]
    end = tool('train', *arguments, '--work-dir', tmp_path / 'run')
    assert isinstance(end, str) and '\n' not in end, end
    assert told in end and not list(tmp_path.glob('run/*.pth'))


@pytest.mark.parametrize('kind, arguments, told', [
    ('no_checkpoint', ['gone.pth'], 'gone.pth: no such checkpoint'),
    ('ending', ['CHECKPOINT', '--out', 'out.pkl'], '.csv or .json'),
    ('empty', ['empty.pth'], 'empty.pth: this checkpoint cannot be read'),
    ('classes', ['CHECKPOINT', '--cfg-options', 'model.head.num_classes=7'],
     'does not fit the model'),
], ids=lambda value: value if isinstance(value, str) else '')
def test_bad_test(trained, tool, tmp_path, kind, arguments, told):
    (tmp_path / 'empty.pth').touch()
    arguments = [os.fspath(trained.checkpoint) if a == 'CHECKPOINT' else a
                 for a in arguments]
    end = tool('test', trained.config, *arguments)
    assert isinstance(end, str) and '\n' not in end and told in end, end


@pytest.mark.parametrize('name, arguments, told', [
    ('train', ['--cfg-options', 'model'], 'expected KEY=VALUE'),
    ('train', ['--cfg-options', '=3'], 'expected KEY=VALUE'),
    ('test', ['CHECKPOINT', '--tta', '--show-dir', 'x'], 'leave --tta out'),
    ('test', [], 'checkpoint'),
], ids=['no_value', 'no_key', 'tta_drawn', 'nothing_to_test'])
def test_bad_usage(trained, tool, capsys, name, arguments, told):
    """Errors of the command line itself: usage, and exit code 2."""
    assert tool(name, trained.config, *arguments) == 2
    assert told in capsys.readouterr().err


def test_bad_call_of_the_script_leaves_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / 'tools/train.py', 'nowhere.py'],
        env={**os.environ, 'PYTHONPATH': os.fspath(ROOT)}, cwd=tmp_path,
        capture_output=True, text=True)
    assert done.returncode == 1
    assert 'Traceback' not in done.stderr
    assert done.stderr.strip().endswith('lie in configs/')
