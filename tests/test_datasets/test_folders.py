# Copyright (c) mmfer contributors.
import pytest

from mmfer.datasets.folders import (images_in, read_class_folders,
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
