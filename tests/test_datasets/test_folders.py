# Copyright (c) mmfer contributors.
from collections import Counter

import pytest

from mmfer.datasets import FER2013, FERFolder
from mmfer.datasets.folders import (describe_skipped, existing_path,
                                    images_in, read_class_folders,
                                    subfolders)
from mmfer.structures import AnnotationError


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_images_in_sorts_nests_and_passes_over_other_files(tmp_path):
    for name in ('b.PNG', 'a.jpg', 'sub/c.tiff', '.d.png', '.git/e.png',
                 'Thumbs.db', 'readme.txt'):
        touch(tmp_path / name)
    found = [p[len(str(tmp_path)) + 1:] for p in images_in(str(tmp_path))]
    assert found == ['a.jpg', 'b.PNG', 'sub/c.tiff']


def test_images_with_other_endings_are_counted(tmp_path):
    for name in ('a.jfif', 'b.JPE', 'c.jp2', 'd.heic', 'sub/e.AVIF', 'f.heic',
                 'g.txt', '.h.heic'):
        touch(tmp_path / name)
    skipped = Counter()
    found = images_in(str(tmp_path), skipped)
    assert [p[len(str(tmp_path)) + 1:] for p in found] == [
        'a.jfif', 'b.JPE', 'c.jp2']
    assert describe_skipped(skipped) == (
        '3 files with other endings skipped: .avif, .heic')


def test_readers_of_folders_count_other_endings(tmp_path):
    for name in ('happy/1.jpg', 'sad/2.jfif', 'sad/3.heic'):
        touch(tmp_path / name)
    dataset = FERFolder(str(tmp_path))
    assert len(dataset) == 2 and dataset.protocol()['notes'] == [
        '1 files with other endings skipped: .heic']
    for name in ('anger', 'disgust', 'fear', 'happy', 'sad', 'surprise',
                 'neutral'):
        touch(tmp_path / f'fer/Training/{name}/1.webp')
    touch(tmp_path / 'fer/Training/anger/2.avif')
    dataset = FER2013(str(tmp_path / 'fer'), layout='folders')
    assert len(dataset) == 7 and dataset.notes[-1].endswith('.avif')
    touch(tmp_path / 'only/sad/3.heic')
    with pytest.raises(AnnotationError, match='no image.*1 files.*heic'):
        FERFolder(str(tmp_path / 'only'))


def test_existing_path(tmp_path):
    touch(tmp_path / 'a/b.png')
    touch(tmp_path / 'c\\d.png')
    root = f'{tmp_path}/'
    assert existing_path(f'{root}a\\b.png') == f'{root}a/b.png'
    assert existing_path(f'{root}c\\d.png') == f'{root}c\\d.png'


def test_subfolders_sorts_and_passes_over_files(tmp_path):
    for name in ('b/x', 'a/x', '.hidden/x', 'file'):
        touch(tmp_path / name)
    assert subfolders(str(tmp_path), 'none') == ['a', 'b']


def test_read_class_folders(tmp_path):
    for name in ('sad/2.png', 'happy/1.png', 'happy/0.png', 'note.txt'):
        touch(tmp_path / name)
    samples = read_class_folders(str(tmp_path), dict(happy=4, sad=7), '')
    cut = len(str(tmp_path)) + 1
    assert [(s['img_path'][cut:], s['gt_label']) for s in samples] == [
        ('happy/0.png', 4), ('happy/1.png', 4), ('sad/2.png', 7)]


def test_bad_tree_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='no such folder.*unpack it'):
        read_class_folders(str(tmp_path / 'no'), dict(sad=0), 'unpack it')


@pytest.mark.parametrize('files, message', [
    ([], 'no image in any class folder'),
    (['sad/notes.txt'], r"no image in any class folder: \['sad'\]"),
    (['sad/1.png', 'sda/1.png'], r"unknown class folders: \['sda'\].*'sad'"),
], ids=['empty', 'no_images', 'unknown_class'])  # yapf: disable
def test_bad_tree(tmp_path, files, message):
    for name in files:
        touch(tmp_path / name)
    with pytest.raises(AnnotationError, match=message):
        read_class_folders(str(tmp_path), dict(sad=0), 'repair it')
