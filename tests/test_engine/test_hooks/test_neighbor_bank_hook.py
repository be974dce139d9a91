# Copyright (c) mmfer contributors.
"""A method with a neighbour bank, through the runner."""
import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader, Runner

import mmfer
from mmfer.datasets import SyntheticFER
from mmfer.datasets.neighbors import build_index, save_index
from mmfer.engine.hooks import NeighborBankHook
from mmfer.structures import AnnotationError

CONFIGS = Path(mmfer.__file__).parents[1] / 'configs'
SIZE = 32


@pytest.fixture(scope='module')
def index_file(tmp_path_factory):
    path = tmp_path_factory.mktemp('neighbors') / 'toy.npz'
    faces = SyntheticFER(size=SIZE, image_size=32, pipeline=[])
    save_index(os.fspath(path), build_index(faces, 'au_lm', 4, workers=1))
    return path


def make_runner(work_dir, file, **options):
    cfg = Config.fromfile(CONFIGS / 'uapl/uapl_resnet18_1xb64_synthetic.py')
    make_runner.count = getattr(make_runner, 'count', 0) + 1
    cfg.experiment_name = f'neighbors{os.getpid()}_{make_runner.count}'
    cfg.work_dir = os.fspath(work_dir)
    cfg.init_weights = 'random'
    cfg.merge_from_dict({
        'model.backbone': dict(
            _delete_=True, type='ResNet_CIFAR', depth=18, base_channels=8,
            out_indices=(2, 3)),
        'model.neck': dict(in_channels=(32, 64), out_channels=8),
        'model.head': dict(in_channels=8),
        'train_cfg': dict(max_epochs=3, val_interval=3),
        'default_hooks.logger.interval': 100,
    })
    for name, size in (('train', SIZE), ('val', 16), ('test', 16)):
        loader = cfg[f'{name}_dataloader']
        loader.update(batch_size=8, num_workers=0, persistent_workers=False)
        loader.dataset.update(size=size, image_size=32)
    cfg.custom_hooks[-1].update(file=os.fspath(file), start_epoch=3)
    cfg.merge_from_dict({
        key.replace('__', '.'): value
        for key, value in options.items()
    })
    return Runner.from_cfg(cfg)


@pytest.fixture(scope='module')
def run(index_file, tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('run')
    runner = make_runner(work_dir, index_file,
                         default_hooks__checkpoint__max_keep_ckpts=3)
    runner.train()
    return runner


def rows_of(runner):
    head = runner.model.head
    return {
        name: getattr(head.bank, name)[:SIZE]
        for name in ('scores', 'features', 'evidence', 'known')
    } | dict(theta=head.trust(torch.arange(SIZE)))


def test_the_bank_learns(run):
    rows = rows_of(run)
    assert (rows['known'] == 1).all()
    torch.testing.assert_close(rows['scores'].sum(1), torch.ones(SIZE))
    assert ((rows['evidence'] > 0) & (rows['evidence'] < 1)).all()
    # The neighbours have counted in the last epoch, and not before.
    assert (rows['theta'] != .5).any()
    first = CheckpointLoader.load_checkpoint(
        os.path.join(run.work_dir, 'epoch_2.pth'))['state_dict']
    assert not first['head.trust.moved'].any()
    assert run.message_hub.get_scalar('neighbor_bank/known').current() == 1


def test_a_resumed_run_equals_one_without_a_break(run, index_file, tmp_path):
    resumed = make_runner(
        tmp_path, index_file, resume=True,
        load_from=os.path.join(run.work_dir, 'epoch_2.pth'))
    resumed.train()
    assert resumed.epoch == 3
    for name, value in rows_of(run).items():
        torch.testing.assert_close(rows_of(resumed)[name], value,
                                   msg=lambda text: f'{name}: {text}')


def test_testing_needs_no_index(run, tmp_path):
    runner = make_runner(tmp_path, tmp_path / 'absent.npz',
                         load_from=os.path.join(run.work_dir, 'epoch_3.pth'))
    result = runner.test()
    assert 0 <= result['expr/accuracy'] <= 100
    assert not runner.model.head.bank.size
    batch = next(iter(runner.test_dataloader))
    sample = runner.model.test_step(batch)[0]
    assert sample.pred_patch_weights.shape == (16, )
    torch.testing.assert_close(sample.pred_patch_weights.sum().cpu(),
                               torch.tensor(1.))
    assert sample.pred_patch_boxes.shape == (16, 4)
    assert 0 < sample.pred_confidence < 1


# Bad input


def test_bad_missing_index(tmp_path):
    runner = make_runner(tmp_path, tmp_path / 'absent.npz')
    with pytest.raises(FileNotFoundError) as error:
        runner.train()
    assert 'build_neighbors.py' in str(error.value)
    assert f'--space au_lm --out {tmp_path / "absent.npz"}' in str(error.value)


@pytest.mark.parametrize('options, error, message', [
    (dict(train_dataloader__dataset__seed=3), AnnotationError,
     'another training set'),
    (dict(train_dataloader__dataset__size=24), AnnotationError,
     f'{SIZE} samples, the training set has 24'),
    (dict(model__head=dict(_delete_=True, type='LinearClsHead',
                           num_classes=8, in_channels=8)), ValueError,
     'found 0 neighbour banks'),
], ids=['labels', 'size', 'bank'])
def test_bad_match(index_file, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        make_runner(tmp_path, index_file, **options).train()


def test_bad_space(index_file, tmp_path):
    runner = make_runner(tmp_path, index_file)
    hook = next(h for h in runner.hooks if isinstance(h, NeighborBankHook))
    hook.space = 'va'
    with pytest.raises(ValueError, match="built in the space 'au_lm'"):
        runner.train()


def test_bad_other_index_in_a_resumed_run(run, tmp_path):
    faces = SyntheticFER(size=SIZE, image_size=32, pipeline=[])
    path = tmp_path / 'other.npz'
    save_index(os.fspath(path), build_index(faces, 'au_lm', 5, workers=1))
    runner = make_runner(
        tmp_path, path, resume=True,
        load_from=os.path.join(run.work_dir, 'epoch_2.pth'))
    with pytest.raises(ValueError, match='not the index .* the run began'):
        runner.train()


def test_bad_epoch():
    with pytest.raises(ValueError, match='start_epoch'):
        NeighborBankHook('a.npz', start_epoch=0)
