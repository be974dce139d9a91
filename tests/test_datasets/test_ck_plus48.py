# Copyright (c) mmfer contributors.
import csv

import pytest

from mmfer.datasets import CKPlus48
from mmfer.structures import AnnotationError

FOLDERS = ('anger', 'disgust', 'fear', 'happy', 'sadness', 'surprise',
           'contempt')


@pytest.fixture
def root(tmp_path):
    """Twelve subjects, each with three frames of two classes."""
    for person in range(12):
        for step in (0, 3):
            folder = tmp_path / 'CK+48' / FOLDERS[(person + step) % 7]
            folder.mkdir(parents=True, exist_ok=True)
            for frame in range(3):
                (folder / f'S{person:03d}_{step:03d}_{frame:08d}.png').touch()
    return tmp_path


def write_index(root, fold_of, skip=0):
    paths = sorted((root / 'CK+48').rglob('*.png'))[skip:]
    rows = [f'{p.relative_to(root)},{fold_of(p.name)}' for p in paths]
    (root / 'index.csv').write_text('\n'.join(['path,fold10', *rows]))


def subjects(dataset):
    return {info['subject'] for info in dataset}


def test_labels_and_subjects(root):
    dataset = CKPlus48(str(root), 'all')
    assert len(dataset) == 72
    for info in dataset:
        _, folder, name = info['img_path'].rsplit('/', 2)
        assert FOLDERS[info['gt_label']] == folder
        assert info['subject'] == name[:4]
    assert dataset.metainfo['classes'][3] == 'happiness'


def test_own_folds_are_disjoint_and_complete(root):
    tests = [CKPlus48(str(root), 'test', fold=i) for i in range(10)]
    assert sum(map(len, tests)) == 72
    assert set.union(*map(subjects, tests)) == {f'S{i:03d}' for i in range(12)}
    for fold, test in enumerate(tests):
        train = CKPlus48(str(root), 'train', fold=fold)
        assert len(train) + len(test) == 72
        assert not subjects(train) & subjects(test)
    assert 'mmfer' in tests[0].protocol()['notes'][0]


def test_index_gives_the_folds(root):
    write_index(root, lambda name: int(name[1:4]) % 10)
    dataset = CKPlus48(str(root), 'test', fold=1)
    assert subjects(dataset) == {'S001', 'S011'}
    assert dataset.protocol()['notes'] == ['folds from index.csv',
                                           'test fold 1']


def test_other_label_space_drops_contempt(root):
    dataset = CKPlus48(str(root), 'all', label_space='rafdb')
    assert dataset.dropped == dict(contempt=9)
    assert dataset.class_counts()['neutral'] == 0


def test_real_tree(shared):
    root = shared / 'data' / 'ck48'
    if not root.is_dir():
        pytest.skip('needs ../shared/data/ck48')
    dataset = CKPlus48(str(root), 'all')
    assert len(dataset) == 981 and len(subjects(dataset)) == 118
    assert dataset.class_counts() == dataset.official_counts()
    with open(root / 'index.csv') as file:
        rows = list(csv.DictReader(file))
    for fold in range(10):
        test = CKPlus48(str(root), 'test', fold=fold)
        train = CKPlus48(str(root), 'train', fold=fold)
        wanted = {r['path'] for r in rows if r['fold10'] == str(fold)}
        cut = len(str(root)) + 1
        assert {info['img_path'][cut:] for info in test} == wanted
        assert len(train) == 981 - len(test)
        assert not subjects(train) & subjects(test)


def test_bad_tree_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match='CK.48.*Hint: CKPlus48'):
        CKPlus48(str(tmp_path))


@pytest.mark.parametrize('name', ['S01_002_00000003.png', 'anger_1.png',
                                  'S010_004_00000017.jpg'])
def test_bad_name(root, name):
    (root / 'CK+48' / 'anger' / name).touch()
    with pytest.raises(AnnotationError, match=rf'{name}: the name does not'):
        CKPlus48(str(root))


def test_bad_class_folder(root):
    (root / 'CK+48' / 'neutral').mkdir()
    with pytest.raises(AnnotationError, match=r"\['neutral'\].*'surprise'"):
        CKPlus48(str(root))


@pytest.mark.parametrize('fold_of, skip, message', [
    (lambda name: 10, 0, r"line 2: fold10 lies outside \[0, 9\]: '10'"),
    (lambda name: 'x', 0, "line 2: fold10 is not a number: 'x'"),
    (lambda name: int(name[5:8]) % 2, 0,
     r'subject S\d+ stands in folds \d and \d'),
    (lambda name: 0, 1, 'no row for an image: .*anger'),
], ids=['fold_range', 'fold_text', 'subject_in_two_folds', 'row_missing'])
def test_bad_index(root, fold_of, skip, message):
    write_index(root, fold_of, skip)
    with pytest.raises(AnnotationError, match=rf'index.csv.*{message}'):
        CKPlus48(str(root))


@pytest.mark.parametrize('kwargs, message', [
    (dict(fold=10), 'from 0 to 9, got 10'),
    (dict(split='val'), "no split 'val'"),
], ids=['fold', 'split'])
def test_bad_argument(root, kwargs, message):
    with pytest.raises(ValueError, match=message):
        CKPlus48(str(root), **kwargs)
