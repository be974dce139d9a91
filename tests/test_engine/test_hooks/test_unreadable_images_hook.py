# Copyright (c) mmfer contributors.
import os.path as osp
import shutil

import pytest
from mmcv.transforms import LoadImageFromFile

from mmfer.engine.hooks import UnreadableImagesHook
from mmfer.registry import HOOKS, TRANSFORMS
from mmfer.structures import ImageError


@TRANSFORMS.register_module()
class _LoadOrImageError(LoadImageFromFile):
    """Loading that raises the error which datasets catch."""

    def transform(self, results):
        try:
            return super().transform(results)
        except Exception as error:
            raise ImageError(results['img_path']) from error


@pytest.fixture
def options(toy_root, tmp_path):
    """A run on a copy of the data in which two images are broken."""
    root = tmp_path / 'broken'
    shutil.copytree(toy_root, root)
    folder = root / 'data' / 'FER2013Train'
    broken = [folder / 'fer0000011.png', folder / 'fer0000030.png']
    broken[0].write_bytes(broken[0].read_bytes()[:40])
    broken[1].unlink()
    return [str(path) for path in broken], dict(
        train_cfg__max_epochs=1,
        train_dataloader__dataset__data_root=str(root),
        train_dataloader__dataset__on_error='skip',
        train_dataloader__dataset__pipeline=[
            dict(type='_LoadOrImageError'), dict(type='PackInputs')
        ],
        custom_hooks=[dict(type='UnreadableImagesHook', num_shown=1)])


def _written(runner):
    path = osp.join(runner.work_dir, 'unreadable.txt')
    if not osp.exists(path):
        return None
    with open(path) as file:
        return file.read().splitlines()


def test_registered_under_its_bare_name():
    assert HOOKS.get('UnreadableImagesHook') is UnreadableImagesHook


@pytest.mark.parametrize('num_workers', [0, 2])
def test_replaced_images_are_counted(toy_runner, options, log_of,
                                     num_workers):
    broken, options = options
    runner = toy_runner(
        train_dataloader__num_workers=num_workers,
        train_dataloader__persistent_workers=num_workers > 0, **options)
    runner.train()
    assert _written(runner) == broken
    text = log_of(runner)
    assert f'2 of 60 were replaced so far: {broken[0]} and 1 more' in text


def test_inside_a_wrapper(toy_runner, options):
    broken, options = options
    dataset = toy_runner(**options).cfg.train_dataloader.dataset
    options['train_dataloader__dataset'] = dict(
        _delete_=True, type='RepeatDataset', times=2, dataset=dataset)
    for key in [k for k in options if '__dataset__' in k]:
        del options[key]
    runner = toy_runner(**options)
    runner.train()
    assert _written(runner) == broken


def test_nothing_is_written_for_sound_data(toy_runner, log_of):
    runner = toy_runner(
        train_cfg__max_epochs=1,
        train_dataloader__dataset__on_error='skip',
        custom_hooks=[dict(type='UnreadableImagesHook')])
    runner.train()
    assert _written(runner) is None
    assert 'unreadable images: none of 60' in log_of(runner)


def test_bad_image_is_an_error_by_default(toy_runner, options):
    broken, options = options
    options['train_dataloader__dataset__on_error'] = 'raise'
    with pytest.raises(ImageError, match='fer00000'):
        toy_runner(**options).train()


def test_bad_number_of_paths():
    with pytest.raises(ValueError, match='num_shown'):
        UnreadableImagesHook(num_shown=-1)
