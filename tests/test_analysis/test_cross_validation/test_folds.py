# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from mmengine.registry import init_default_scope

from mmfer.analysis.cross_validation import Pool, make_folds, read_pool
from mmfer.analysis.cross_validation.folds import absent_classes
from mmfer.errors import ConfigError


@pytest.fixture
def pool():
    """Three sets of four people, who have 1 to 6 samples of three classes."""
    rng = np.random.RandomState(0)
    subjects = [f'{name}/{number}' for name in ('samm', 'smic', 'casme2')
                for number in range(4) for _ in range(rng.randint(1, 7))]
    return Pool(subjects, [s.split('/')[0] for s in subjects],
                rng.randint(0, 3, len(subjects)), ['a', 'b', 'c'])


@pytest.mark.parametrize('protocol, number', [
    ('loso', 12), ('lodo', 3), ('kfold', 5)])
@pytest.mark.parametrize('inner', [0, 2])
def test_everyone_is_tested_once_and_never_trained_on(
        pool, protocol, number, inner):
    folds = make_folds(pool, protocol, 5, inner)
    assert len(folds) == number
    assert sorted(s for fold in folds for s in fold.test) == sorted(
        set(pool.subjects))
    for fold in folds:
        assert not set(fold.test) & set(fold.valid)
        assert bool(fold.valid) == bool(inner)
        assert set(fold.test) | set(fold.valid) < set(pool.subjects)
    assert folds == make_folds(pool, protocol, 5, inner)


def test_lodo_keeps_sets_apart(pool):
    for fold in make_folds(pool, 'lodo'):
        assert {s.split('/')[0] for s in fold.test} == {fold.name}


def test_names_are_folders(pool):
    assert make_folds(pool, 'loso')[0].name == 'casme2-0'


def test_absent_classes_are_told(pool):
    rare = pool._replace(labels=np.where(
        np.array(pool.subjects) == 'samm/1', 2, 0))
    lines = absent_classes(rare, make_folds(rare, 'loso'))
    assert len(lines) == 12
    line, = [line for line in lines if line.startswith('samm-1 ')]
    assert "['b', 'c']" in line


@pytest.mark.parametrize('protocol, change, words', [
    ('kfold', {}, 'fewer folds'),
    ('lodo', dict(sets=['one'] * 3), 'another protocol'),
    ('loso', dict(subjects=['p'] * 3), 'another protocol'),
    ('loso', dict(subjects=['a/1', 'a-1', 'b']), 'rename them'),
])
def test_bad_pool(protocol, change, words):
    small = Pool(['p', 'q', 'q'], ['x', 'y', 'y'], np.zeros(3, int), ['a'])
    with pytest.raises(ConfigError, match=words):
        make_folds(small._replace(**change), protocol, 5)


@pytest.mark.parametrize('header, rows, words', [
    ('path,expression', ('a.png,happy', 'b.png,sad'), 'a.png has no subject'),
    ('path,expression,subject,source_set',
     ('a.png,happy,1,samm', 'b.png,sad,1,smic'), 'SET/SUBJECT'),
])
def test_bad_dataset(tmp_path, header, rows, words):
    init_default_scope('mmpretrain')
    for name in 'ab':
        (tmp_path / f'{name}.png').touch()
    (tmp_path / 'labels.csv').write_text('\n'.join([header, *rows]) + '\n')
    with pytest.raises(ConfigError, match=words):
        read_pool(dict(type='FERCSV', data_root=str(tmp_path)))
