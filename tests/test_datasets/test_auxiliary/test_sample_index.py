# Copyright (c) mmfer contributors.
import pytest

from mmfer.datasets.auxiliary.sample_index import (AMBIGUOUS, NONE, SHARED,
                                                   SampleIndex, bare_name)

PATHS = ['d/train/1.jpg', 'd/train/2.jpg', 'd/val/1.jpg', 'd/3.png', '',
         'd/train/x/9.jpg', 'd/train/x/9.jpg', '']


@pytest.mark.parametrize('name, place', [
    ('train/1', 0), ('2', 1), ('train/2', 1), ('/any/place/train/2', 1),
    ('3', 3), ('any/3', 3), ('val/1', 2), ('1', AMBIGUOUS), ('test/1', NONE),
    ('val/2', NONE), ('rain/1', NONE), ('9', SHARED), ('x/9', SHARED),
    ('', NONE), ('4', NONE)])
def test_find(name, place):
    assert SampleIndex(PATHS, 'd').find(name) == place


def test_deep_names_find_shallow_samples_last():
    index = SampleIndex(['a/1.jpg', '1.jpg'])
    assert index.find('b/1') == 1
    assert index.find('c/a/1') == 0


@pytest.mark.parametrize('path, root, name', [
    ('a/b.JPG', '', 'a/b'), ('a/b.PnG', 'a/', 'b'), ('a/b.c', 'a', 'b.c'),
    ('ab/c.jpg', 'a', 'ab/c'), ('C:\\a\\b.jpg', 'C:/a', 'b'),
    ('./a/b.bmp', '', 'a/b'), ('/a/b', '', 'a/b'), ('v.mp4', '', 'v.mp4')])
def test_bare_name(path, root, name):
    assert bare_name(path, root) == name
