# Copyright (c) mmfer contributors.
import json
import os
import shutil
from collections import namedtuple

import numpy as np
import pytest

import mmfer.datasets.packing.packer as module
from mmfer.datasets import PackedFER
from mmfer.datasets.packing import (damaged_samples, pack_dataset, read_index)
from mmfer.datasets.packing.pack_format import write_json
from mmfer.datasets.packing.packer import steady_part
from mmfer.structures import AnnotationError, ImageError
from tests.toys import make_ferplus

LOAD = dict(type='LoadFERImage')


@pytest.fixture
def cfg(tmp_path, monkeypatch):
    """32 faces of 10 px, written in chunks of 12."""
    monkeypatch.setattr(module, 'CHUNK', 12)
    root = make_ferplus(tmp_path / 'data', size=10)
    return dict(type='FERPlus', data_root=os.fspath(root), split='train',
                pipeline=[LOAD, dict(type='FaceFlip')])


def _files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_writes_index_annotations_and_pixels(cfg, tmp_path):
    assert pack_dataset(cfg, tmp_path / 'pack', (8, 6), workers=0) == 32
    assert sorted(os.listdir(tmp_path / 'pack')) == [
        'annotations.npz', 'images.u8', 'index.json']
    index = read_index(tmp_path / 'pack')
    assert index['samples'] == 32
    assert index['described']['dataset'] == 'FERPlus'
    assert index['pixels']['images']['shape'] == [32, 8, 6, 3]
    assert [n for n, _ in index['pixels']['images']['chunks']] == [12, 12, 8]
    assert not any(bad for _, _, bad in damaged_samples(tmp_path / 'pack'))


def _stop_after(number):
    """A progress function that ends the run in the middle of a chunk."""

    def progress(chunks, total, done):
        for count, chunk in enumerate(chunks):
            if count == number:
                raise KeyboardInterrupt
            yield chunk

    return progress


@pytest.mark.parametrize('workers', [0, 2])
def test_goes_on_after_a_kill(cfg, tmp_path, workers):
    whole, cut = tmp_path / 'whole', tmp_path / 'cut'
    pack_dataset(cfg, whole, (8, 8), workers=workers)
    with pytest.raises(KeyboardInterrupt):
        pack_dataset(cfg, cut, (8, 8), workers=workers,
                     progress=_stop_after(2))
    with open(cut / 'images.u8', 'ab') as file:
        file.write(b'half a chunk')  # what a kill may leave behind
    with pytest.raises(AnnotationError, match='did not finish'):
        PackedFER(cut)
    seen = []

    def progress(chunks, total, done):
        seen.append((total, done))
        return chunks

    pack_dataset(cfg, cut, (8, 8), workers=workers, progress=progress)
    assert seen == [(32, 24)]
    assert _files(cut) == _files(whole)


def test_a_killed_last_step_is_repeated(cfg, tmp_path, monkeypatch):
    """The process dies when all pixels are written and no index is."""
    whole, cut = tmp_path / 'whole', tmp_path / 'cut'
    pack_dataset(cfg, whole, (8, 8), workers=0)
    finish = module.PackWriter.finish
    monkeypatch.setattr(module.PackWriter, 'finish', lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pack_dataset(cfg, cut, (8, 8), workers=0)
    monkeypatch.setattr(module.PackWriter, 'finish', finish)
    pack_dataset(cfg, cut, (8, 8), workers=1)
    assert _files(cut) == _files(whole)


def test_unreadable_images_stop_or_are_left_out(cfg, tmp_path):
    folder = tmp_path / 'data/data/FER2013Train'
    bad = folder / 'fer0000013.png'
    good = bad.read_bytes()
    bad.write_bytes(good[:40])
    with pytest.raises(ImageError, match='fer0000013.*--skip-unreadable'):
        pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0)
    assert not (tmp_path / 'pack/index.json').exists()
    pack_dataset(cfg, tmp_path / 'pack', (8, 8), skip_unreadable=True,
                 workers=0)
    index = read_index(tmp_path / 'pack')
    assert index['samples'] == 31 and 'fer0000013' in index['unreadable'][0]
    packed = PackedFER(tmp_path / 'pack')
    assert len(packed) == 31
    assert packed.get_data_info(13)['img_path'].endswith('fer0000014.png')
    assert packed.protocol()['packed']['unreadable'] == 1


def test_steady_part_ends_before_the_first_lot():
    flip, resize = dict(type='FaceFlip'), dict(type='FaceResize', size=4)
    align = dict(type='FaceAlign', recipe='rafdb100')
    assert steady_part([LOAD, align, resize, flip]) == [LOAD, align]
    assert steady_part([LOAD, flip, align]) == [LOAD]


def test_bad_disk_is_too_small(cfg, tmp_path, monkeypatch):
    usage = namedtuple('usage', 'total used free')
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage(9, 9, 999))
    with pytest.raises(OSError, match='GB are needed'):
        pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0)


def test_bad_folder_holds_something_else(cfg, tmp_path):
    (tmp_path / 'pack').mkdir()
    (tmp_path / 'pack/thesis.tex').write_text('')
    with pytest.raises(AnnotationError, match='not empty'):
        pack_dataset(cfg, tmp_path / 'pack', (8, 8))


def test_bad_finished_folder_is_not_written_over(cfg, tmp_path):
    pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0)
    with pytest.raises(AnnotationError, match='--overwrite'):
        pack_dataset(cfg, tmp_path / 'pack', (9, 9), workers=0)
    pack_dataset(cfg, tmp_path / 'pack', (9, 9), overwrite=True, workers=0)
    assert read_index(tmp_path / 'pack')['pixels']['images']['shape'][1] == 9


@pytest.mark.parametrize('change', [
    dict(size=(9, 9)), dict(drop='unusable'), dict(pipeline=[])],
    ids=['size', 'drop', 'pipeline'])
def test_bad_continuation_of_another_job(cfg, tmp_path, change):
    with pytest.raises(KeyboardInterrupt):
        pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0,
                     progress=_stop_after(1))
    size = change.pop('size', (8, 8))
    with pytest.raises(AnnotationError, match='begun from another'):
        pack_dataset(dict(cfg, **change), tmp_path / 'pack', size, workers=0)


def test_bad_wrapper_is_refused(cfg, tmp_path):
    wrapper = dict(type='RepeatDataset', times=2, dataset=cfg)
    with pytest.raises(TypeError, match='one by one'):
        pack_dataset(wrapper, tmp_path / 'pack', (8, 8))


def _break(folder, how):
    index = folder / 'index.json'
    if how == 'no_folder':
        shutil.rmtree(folder)
    elif how == 'no_index':
        index.unlink()
    elif how == 'no_json':
        index.write_text('{')
    elif how == 'version':
        index.write_text(json.dumps(dict(json.loads(index.read_text()),
                                         version=99)))
    elif how == 'no_images':
        (folder / 'images.u8').unlink()
    elif how == 'short_images':
        with open(folder / 'images.u8', 'r+b') as file:
            file.truncate(100)
    elif how == 'short_annotations':
        with open(folder / 'annotations.npz', 'r+b') as file:
            file.truncate(100)
    elif how == 'other_annotations':
        np.savez(folder / 'annotations.npz', gt_label=np.zeros(32))
    elif how == 'no_annotations':
        (folder / 'annotations.npz').unlink()


@pytest.mark.parametrize('how, error', [
    ('no_folder', FileNotFoundError), ('no_index', FileNotFoundError),
    ('no_json', AnnotationError), ('version', AnnotationError),
    ('no_images', AnnotationError), ('short_images', AnnotationError),
    ('short_annotations', AnnotationError),
    ('other_annotations', AnnotationError),
    ('no_annotations', AnnotationError)])
def test_bad_packed_folder(cfg, tmp_path, how, error):
    pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0)
    _break(tmp_path / 'pack', how)
    with pytest.raises(error, match='(?s)pack.*Hint'):
        PackedFER(tmp_path / 'pack').full_init()


def test_bad_pixels_are_found(cfg, tmp_path):
    pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0)
    with open(tmp_path / 'pack/images.u8', 'r+b') as file:
        file.seek(13 * 8 * 8 * 3)
        file.write(b'\xff\x00\xff')
    damaged = [s for _, s, bad in damaged_samples(tmp_path / 'pack') if bad]
    assert damaged == [range(12, 24)]


def _pack(cfg, tmp_path):
    pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0)
    return tmp_path / 'pack'


def _rewrite(folder, change):
    """Change the index as somebody would who knows its checksum."""
    index = read_index(folder)
    change(index)
    write_json(folder / 'index.json', index)


def test_each_damaged_byte_of_the_index_is_noticed(cfg, tmp_path):
    path = _pack(cfg, tmp_path) / 'index.json'
    content = path.read_bytes()
    for place in range(0, len(content), 41):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        # A blank may become another blank.
        try:
            assert json.loads(damaged) == json.loads(content)
        except (ValueError, AssertionError):
            with pytest.raises((AnnotationError, FileNotFoundError)):
                read_index(path.parent)
    path.write_bytes(content)
    assert read_index(path.parent)['samples'] == 32


def test_an_index_of_version_1_has_no_checksum(cfg, tmp_path):
    folder = _pack(cfg, tmp_path)
    index = json.loads((folder / 'index.json').read_text())
    del index['checksum']
    (folder / 'index.json').write_text(json.dumps(index))
    with pytest.raises(AnnotationError, match='checksum'):
        read_index(folder)
    (folder / 'index.json').write_text(json.dumps(dict(index, version=1)))
    assert len(PackedFER(folder)) == 32


@pytest.mark.parametrize('change, words', [
    (lambda index: index.update(samples=31), '31 samples, but images of'),
    (lambda index: index['pixels']['images']['chunks'].pop(),
     '30 samples, but images of'),
    (lambda index: index['described']['classes'].reverse(),
     'samples of the classes'),
    (lambda index: index['described']['class_counts'].update(fear=1),
     'samples of the classes')])
def test_bad_index_of_other_samples_or_classes(cfg, tmp_path, change, words):
    # 30 of 32, so that the classes have different sizes.
    folder = _pack(dict(cfg, indices=30), tmp_path)
    _rewrite(folder, change)
    with pytest.raises(AnnotationError, match=words):
        PackedFER(folder).full_init()


@pytest.mark.parametrize('lost', ['images.u8', 'annotations-000000000.npz'])
def test_bad_continuation_over_a_lost_file(cfg, tmp_path, lost):
    with pytest.raises(KeyboardInterrupt):
        pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0,
                     progress=_stop_after(1))
    (tmp_path / 'pack' / lost).unlink()
    with pytest.raises(AnnotationError, match=f'{lost}.*--overwrite'):
        pack_dataset(cfg, tmp_path / 'pack', (8, 8), workers=0)


@pytest.mark.parametrize('removed', range(4))
def test_an_interrupted_removal_is_finished(cfg, tmp_path, monkeypatch,
                                            removed):
    """The process dies while it removes its intermediate files."""
    folder, remove, count = tmp_path / 'pack', os.remove, [0]

    def dies(path):
        if count[0] == removed:
            raise KeyboardInterrupt
        count[0] += 1
        remove(path)

    monkeypatch.setattr(os, 'remove', dies)
    with pytest.raises(KeyboardInterrupt):
        pack_dataset(cfg, folder, (8, 8), workers=0)
    monkeypatch.setattr(os, 'remove', remove)
    assert len(PackedFER(folder)) == 32
    pack_dataset(cfg, folder, (8, 8), workers=0)
    assert sorted(os.listdir(folder)) == [
        'annotations.npz', 'images.u8', 'index.json']
    assert len(PackedFER(folder)) == 32
