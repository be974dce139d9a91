# Copyright (c) mmfer contributors.
"""Checkpoints are complete, compared with their checksums, and found."""
import io
import logging
import os
import shutil
import signal
import zipfile

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.runner import CheckpointLoader, Runner

from mmfer.apis.models import load_model
from mmfer.checkpoints import compare_checksums, find_latest_checkpoint
from mmfer.errors import CheckpointError

from .faults import flip_bit, run_with_fault
from .toys import make_ferplus, small_config

RUN = '''
import sys
import mmfer
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner import Runner
Runner.from_cfg(Config.fromfile(sys.argv[1])).train()
'''


@pytest.fixture
def config(tmp_path):
    """A function that makes the config of a run of two epochs."""
    root = make_ferplus(tmp_path / 'data', per_class=1)
    make_ferplus(root, 'valid', per_class=1)

    def make(name='run', **options):
        return small_config(root, tmp_path / name, **options)

    return make


@pytest.fixture
def logged():
    """The messages that are logged."""
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    yield messages
    logger.removeHandler(handler)


def load(path):
    return CheckpointLoader.load_checkpoint(os.fspath(path), 'cpu')


def tiny(path, number=1):
    torch.save(dict(state_dict=dict(x=torch.full((3, ), number))), path)
    return os.fspath(path)


# -- checksums


def test_no_flipped_bit_goes_unnoticed(tmp_path):
    """Each load is refused, or gives the weights that were saved."""
    path = tmp_path / 'epoch_1.pth'
    weights = dict(a=torch.randn(40), b=torch.arange(9), c=torch.ones(2, 3))
    torch.save(dict(state_dict=weights), path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for position in rng.choice(len(whole), 150, replace=False):
        path.write_bytes(whole)
        flip_bit(path, position, rng.integers(8))
        try:
            found = load(path)['state_dict']
        except CheckpointError as error:
            refused += 1
            assert os.fspath(path) in str(error) and error.hint or \
                'Hint: ' in str(error)
        else:
            assert all(torch.equal(found[k], weights[k]) for k in weights)
    # Without comparison, most flips in the weights would be used.
    assert refused > 50


def _in_weights(path):
    """The position of the content of the largest member."""
    with zipfile.ZipFile(path) as members:
        largest = max(members.infolist(), key=lambda info: info.file_size)
        content = members.read(largest)
    return path.read_bytes().index(content) + len(content) // 2


def test_damage_is_refused_wherever_checkpoints_are_read(
        trained, tmp_path, monkeypatch):
    from mmfer.apis.converters.files import read_released_file
    from mmfer.apis.run import load_config, read_checkpoint
    from mmfer.engine.hooks.init_weights_hook import read_state_dict
    path = tmp_path / 'epoch_2.pth'
    shutil.copy(trained.checkpoint, path)
    flip_bit(path, _in_weights(path), 6)
    name = os.fspath(path)
    cfg = load_config(os.fspath(trained.config))

    def run(**options):
        cfg.merge_from_dict(dict(options, work_dir=os.fspath(tmp_path / 'w')))
        runner = Runner.from_cfg(cfg)
        runner.load_or_resume()

    # A download is kept and read from the disk.
    monkeypatch.setenv('TORCH_HOME', os.fspath(tmp_path / 'hub'))
    (tmp_path / 'hub/hub/checkpoints').mkdir(parents=True)
    shutil.copy(path, tmp_path / 'hub/hub/checkpoints/epoch_2.pth')
    for read in (lambda: read_checkpoint(name),
                 lambda: read_state_dict(name),
                 lambda: read_released_file(name),
                 lambda: load_model(os.fspath(trained.config), name),
                 lambda: read_state_dict('http://localhost:9/epoch_2.pth'),
                 lambda: run(load_from=name),
                 lambda: run(load_from=name, resume=True)):
        with pytest.raises(CheckpointError, match='checksum') as caught:
            read()
        assert caught.value.hint


def test_a_file_without_checksums_is_reported(tmp_path, logged):
    path = tmp_path / 'old.pth'
    torch.save(dict(state_dict={}), path,
               _use_new_zipfile_serialization=False)
    assert not compare_checksums(path)
    load(path)
    assert any('has no checksums' in message for message in logged)
    tiny(path)
    assert compare_checksums(path)
    stream = io.BytesIO(path.read_bytes())
    assert compare_checksums(stream) and stream.tell() == 0


def test_torch_is_left_alone(tmp_path):
    before = torch.load
    load(tiny(tmp_path / 'a.pth'))
    with pytest.raises(FileNotFoundError):
        load('nowhere.pth')
    assert torch.load is before


# -- finding


def test_the_latest_is_named_relative_to_the_folder(trained):
    record = (trained.work_dir / 'last_checkpoint').read_text()
    assert record == 'epoch_2.pth'
    assert find_latest_checkpoint(os.fspath(trained.work_dir)) == os.fspath(
        trained.checkpoint)


@pytest.mark.parametrize('record, found, reason', [
    ('epoch_2.pth', 'epoch_2.pth', None),
    ('FOLDER/epoch_2.pth', 'epoch_2.pth', None),
    ('', 'epoch_10.pth', 'is empty'),
    (None, 'epoch_10.pth', 'is missing'),
    ('epoch_11.pth', 'epoch_10.pth', 'does not exist'),
    ('OTHER/epoch_3.pth', 'epoch_10.pth', 'not in this folder'),
    ('epoch_12.pth', 'epoch_10.pth', 'damaged'),
])
def test_the_newest_readable_one_is_resumed(tmp_path, logged, record, found,
                                            reason):
    """Also what MMEngine alone wrote, an absolute path."""
    folder, other = tmp_path / 'run', tmp_path / 'other'
    for path in (folder, other):
        path.mkdir()
    for number in (2, 9, 10):
        tiny(folder / f'epoch_{number}.pth')
    tiny(other / 'epoch_3.pth')
    tiny(folder / 'best_expr_uar_epoch_20.pth')
    (folder / 'epoch_12.pth').write_bytes(
        (folder / 'epoch_10.pth').read_bytes()[:400])
    if record is not None:
        (folder / 'last_checkpoint').write_text(record.replace(
            'FOLDER', str(folder)).replace('OTHER', str(other)))
    assert find_latest_checkpoint(str(folder)) == str(folder / found)
    said = ' '.join(logged)
    assert (reason or '') in said and ('resuming from' in said) == bool(reason)


def test_a_folder_elsewhere_may_hold_the_checkpoints(tmp_path):
    """As with ``CheckpointHook(out_dir=...)``."""
    (tmp_path / 'run').mkdir()
    path = tiny(tmp_path / 'epoch_3.pth')
    (tmp_path / 'run/last_checkpoint').write_text('../epoch_3.pth')
    assert os.path.samefile(find_latest_checkpoint(str(tmp_path / 'run')),
                            path)


def test_nothing_to_resume_from(tmp_path):
    assert find_latest_checkpoint(str(tmp_path)) is None
    assert find_latest_checkpoint(str(tmp_path / 'absent')) is None
    (tmp_path / 'last_checkpoint').write_text('epoch_1.pth')
    with pytest.raises(CheckpointError, match='no checkpoint in that folder'):
        find_latest_checkpoint(str(tmp_path))


# -- writing


@pytest.mark.parametrize('path, number, mode, last', [
    ('last_checkpoint', 2, 'open', 1), ('last_checkpoint', 2, 'half', 1),
    ('last_checkpoint', 2, 'replace', 1), ('last_checkpoint', 1, 'full', 1),
    ('epoch_2.pth', 1, 'open', 1), ('epoch_2.pth', 1, 'half', 1),
    ('epoch_2.pth', 1, 'replace', 1), ('epoch_2.pth', 1, 'full', 1),
    ('epoch_1.pth', 1, 'half', 0),
])
@pytest.mark.slow
def test_interrupted_saving_loses_nothing(config, tmp_path, path, number,
                                          mode, last):
    """The run resumes from the last complete checkpoint, to the same end."""
    options = dict(
        epochs=3, model__head__init_cfg=None, val_cfg=None,
        val_dataloader=None, val_evaluator=None,
        default_hooks__checkpoint__save_best=None,
        default_hooks__checkpoint__max_keep_ckpts=1)
    cfg = config(**options)
    cfg.dump(tmp_path / 'run.py')
    done = run_with_fault(RUN, [tmp_path / 'run.py'], path, number, mode)
    if mode == 'full':
        assert 'No space left on device' in done.stderr
        assert not list((tmp_path / 'run').glob('*.part*'))
    else:
        assert done.returncode == -signal.SIGKILL, done.stderr
    left = sorted(p.name for p in (tmp_path / 'run').glob('epoch_*.pth'))
    assert (f'epoch_{last}.pth' in left) == bool(last)
    for name in left:
        load(tmp_path / 'run' / name)

    cfg.resume = True
    latest = find_latest_checkpoint(cfg.work_dir)
    assert last == (latest and load(latest)['meta']['epoch'] or 0)
    Runner.from_cfg(cfg).train()
    Runner.from_cfg(config('whole', **options)).train()
    whole, again = (load(tmp_path / name / 'epoch_3.pth')['state_dict']
                    for name in ('whole', 'run'))
    assert all(torch.equal(whole[key], again[key]) for key in whole)
    assert not list((tmp_path / 'run').glob('*.part*'))


def test_a_copied_folder_is_resumed_on_its_own(config, tmp_path):
    """The best checkpoint of the original survives, too."""
    Runner.from_cfg(config()).train()
    old = tmp_path / 'run'
    before = sorted(path.name for path in old.glob('*.pth'))
    assert len(before) == 3  # two epochs and the best one
    shutil.copytree(old, tmp_path / 'copy')
    # As MMEngine alone would have written it.
    for folder in (old, tmp_path / 'copy'):
        (folder / 'last_checkpoint').write_text(str(old / 'epoch_2.pth'))
    cfg = config('copy', epochs=3, resume=True)
    cfg.default_hooks.checkpoint.update(save_best='expr/nll', rule='less')
    assert find_latest_checkpoint(cfg.work_dir) == str(
        tmp_path / 'copy/epoch_2.pth')
    runner = Runner.from_cfg(cfg)
    hook = next(h for h in runner.hooks if hasattr(h, 'best_ckpt_path'))
    runner.train()
    assert os.path.dirname(hook.best_ckpt_path) == str(tmp_path / 'copy')
    assert sorted(path.name for path in old.glob('*.pth')) == before
    assert len(list((tmp_path / 'copy').glob('best_*.pth'))) == 1
