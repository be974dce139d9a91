# Copyright (c) mmfer contributors.
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.datasets import RAFDB
from mmfer.datasets.raf_db import read_attributes, read_label_list
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError

# The order of the official list: 1 surprise ... 7 neutral.
ORDER = ('surprise', 'fear', 'disgust', 'happiness', 'sadness', 'anger',
         'neutral')
COMPOUND = ('happily_surprised', 'happily_disgusted', 'sadly_fearful',
            'sadly_angry', 'sadly_surprised', 'sadly_disgusted',
            'fearfully_angry', 'fearfully_surprised', 'angrily_surprised',
            'angrily_disgusted', 'disgustedly_surprised')
POINTS = [[30.5, 40], [70, 41], [50, 60.25], [35, 80], [66, 81]]


def write_tree(root: Path, classes: int = 7, manual: bool = True) -> Path:
    """Two training and one test image of each class."""
    for folder in ('EmoLabel', 'Image/aligned', 'Image/original',
                   'Annotation/manual'):
        (root / folder).mkdir(parents=True, exist_ok=True)
    rows = []
    for split, number in (('train', 2 * classes), ('test', classes)):
        for i in range(number):
            stem, label = f'{split}_{i + 1:05d}', i % classes + 1
            rows.append(f'{stem}.jpg {label}')
            image = np.full((6, 6, 3), 10 * label, np.uint8)
            cv2.imwrite(str(root / f'Image/aligned/{stem}_aligned.jpg'), image)
            cv2.imwrite(str(root / f'Image/original/{stem}.jpg'), image)
            if manual and split == 'train':
                lines = [f'{x}\t{y}' for x, y in POINTS] + ['1', '2', '3']
                (root / f'Annotation/manual/{stem}_manu_attri.txt').write_text(
                    '\n'.join(lines) + '\n')
    (root / 'EmoLabel/list_patition_label.txt').write_text('\n'.join(rows))
    return root


def test_class_order_and_paths(tmp_path):
    root = write_tree(tmp_path)
    dataset = DATASETS.build(dict(type='RAFDB', data_root=str(root)))
    assert dataset.metainfo['classes'] == ORDER
    assert len(dataset) == 14
    for i, info in enumerate(dataset.get_data_info(i) for i in range(14)):
        assert info['gt_label'] == i % 7
        assert info['img_path'] == str(
            root / f'Image/aligned/train_{i + 1:05d}_aligned.jpg')
        value = cv2.imread(info['img_path'])[0, 0, 0]
        assert abs(int(value) - 10 * (info['gt_label'] + 1)) <= 2
    assert len(RAFDB(str(root), 'test')) == 7


@pytest.mark.parametrize('nested', [True, False], ids=['nested', 'direct'])
def test_subsets_side_by_side(tmp_path, nested):
    write_tree(tmp_path / 'basic')
    write_tree(tmp_path / 'compound', 11)
    root = str(tmp_path if nested else tmp_path / 'compound')
    dataset = RAFDB(root, subset='compound')
    assert dataset.metainfo['classes'] == COMPOUND
    assert dataset.get_gt_labels().tolist() == list(range(11)) * 2
    assert dataset.official_counts() is None
    assert dataset.get_data_info(0)['img_path'].startswith(
        str(tmp_path / 'compound'))


def test_landmarks_only_with_original_images(tmp_path):
    root = str(write_tree(tmp_path))
    original = RAFDB(root, image='original').get_data_info(3)
    aligned = RAFDB(root, image='aligned').get_data_info(3)
    np.testing.assert_array_equal(original['gt_landmarks'],
                                  np.array(POINTS, np.float32))
    assert original['gt_landmarks'].dtype == np.float32
    assert original['img_path'].endswith('original/train_00004.jpg')
    assert 'gt_landmarks' not in aligned
    for info in (original, aligned):
        assert (info['gender'], info['race'], info['age']) == (1, 2, 3)


def test_absent_attributes_are_absent(tmp_path):
    root = write_tree(tmp_path)
    dataset = RAFDB(str(root), 'test', image='original')
    assert not {'gt_landmarks', 'gender', 'race', 'age'} & set(
        dataset.get_data_info(0))
    assert '7 of 7 samples without manual attributes' in dataset.notes


def test_other_label_space(tmp_path):
    root = str(write_tree(tmp_path))
    dataset = RAFDB(root, label_space='affectnet8')
    # surprise is 3 in AffectNet, neutral is 0.
    assert dataset.get_gt_labels()[:7].tolist() == [3, 4, 5, 1, 2, 6, 0]
    assert dataset.class_counts()['contempt'] == 0
    assert dataset.official_counts()['happiness'] == 4772
    three = RAFDB(root, label_space=['happy', 'sad', 'neutral'])
    assert three.dropped == dict(surprise=2, fear=2, disgust=2, anger=2)


def test_official_totals():
    counts = RAFDB.OFFICIAL_COUNTS
    assert sum(counts['train'].values()) == 12271
    assert sum(counts['test'].values()) == 3068


def test_real_list(shared):
    path = shared / 'data/labels/raf_basic/list_patition_label.txt'
    rows = read_label_list(str(path), 7)
    assert len(rows) == 15339
    for split, official in RAFDB.OFFICIAL_COUNTS.items():
        counts = Counter(ORDER[label] for name, label in rows
                         if name.startswith(split))
        assert counts == official
    # The oracle does not use the reader.
    oracle = Counter(line.split()[0][:4] + line.split()[1]
                     for line in path.read_text().splitlines())
    assert oracle == Counter(name[:4] + str(label + 1)
                             for name, label in rows)


LIST = 'EmoLabel/list_patition_label.txt'


@pytest.mark.parametrize('content, line, value', [
    ('train_1.jpg 1\ntrain_2.jpg 8\n', 2, '8'),
    ('train_1.jpg 0\n', 1, '0'),
    ('train_1.jpg happy\n', 1, 'happy'),
    ('train_1.jpg 2.5\n', 1, '2.5'),
    ('train_1.jpg nan\n', 1, 'nan'),
    ('train_1.jpg\n', 1, 'train_1.jpg'),
    ('train_1.jpg 1\n\ntrain_2.jpg 1 7\n', 3, 'train_2.jpg 1 7'),
    ('train_1.jpg 1\nval_1.jpg 1\n', 2, 'val_1.jpg'),
    ('train_1.jpg 1\ntrain_2.jpg 1\ntrain_1.jpg 2\n', 3, 'train_1.jpg'),
    ('train_1.jpg 1\ntrain_2.\0jpg 1\n', 2, 'NUL'),
    (b'train_1.jpg 1\ntr\xff\xfe.jpg 1\n', 2, 'not UTF-8'),
    ('', None, 'empty'),
    ('test_1.jpg 1\n', None, 'no sample remains'),
], ids=['label above 7', 'label 0', 'word as label', 'fraction as label',
        'nan as label', 'one column', 'three columns', 'unknown prefix',
        'image named twice', 'NUL byte', 'not UTF-8', 'empty list',
        'no row of the split'])
def test_bad_list(tmp_path, content, line, value):
    root = write_tree(tmp_path)
    data = content if isinstance(content, bytes) else content.encode()
    (root / LIST).write_bytes(data)
    with pytest.raises(AnnotationError) as error:
        RAFDB(str(root))
    assert str(root) in str(error.value) and value in str(error.value)
    assert error.value.line == line


@pytest.mark.parametrize('content, line, value', [
    ('1\t2\n' * 4 + '0\n0\n0\n', None, "'1 2', '0'"),
    ('1\t2\n' * 5 + '0\n0\n', None, 'three lines'),
    ('1\t2\n3\tx\n' + '1\t2\n' * 3 + '0\n0\n0\n', 2, 'x'),
    ('1\t2\n' * 5 + '0\nmale\n0\n', 7, 'male'),
    ('1\t2\n' * 5 + '0\n0\n-1\n', 8, '-1'),
    ('1\t2\t3\n' * 5 + '0\n0\n0\n', 1, '1 2 3'),
    ('1\tinf\n' * 5 + '0\n0\n0\n', 1, 'inf'),
    ('', None, '[]'),
], ids=['four points', 'two codes', 'word as coordinate', 'word as code',
        'negative code', 'three coordinates', 'infinite coordinate',
        'empty file'])
def test_bad_attributes(tmp_path, content, line, value):
    path = tmp_path / 'train_00001_manu_attri.txt'
    path.write_text(content)
    with pytest.raises(AnnotationError) as error:
        read_attributes(str(path))
    assert str(path) in str(error.value) and value in str(error.value)
    assert error.value.line == line


@pytest.mark.parametrize('remove, kwargs, named', [
    ('EmoLabel', {}, 'EmoLabel'),
    (LIST, {}, 'list_patition_label.txt'),
    ('Image/aligned', {}, 'aligned'),
    ('Image/original', dict(image='original'), 'original'),
    ('Image/aligned/train_00001_aligned.jpg', {}, 'first image'),
], ids=['no EmoLabel', 'no list', 'no aligned images', 'no original images',
        'first image missing'])
def test_bad_missing_files(tmp_path, remove, kwargs, named):
    root = write_tree(tmp_path)
    (root / remove).rename(tmp_path / 'elsewhere')
    with pytest.raises(FileNotFoundError, match='Hint') as error:
        RAFDB(str(root), **kwargs)
    assert named in str(error.value)


@pytest.mark.parametrize('kwargs', [
    dict(split='valid'), dict(subset='both'), dict(image='cropped')
], ids=['split', 'subset', 'image'])
def test_bad_arguments(tmp_path, kwargs):
    with pytest.raises(ValueError, match=list(kwargs.values())[0]):
        RAFDB(str(write_tree(tmp_path)), **kwargs)


def test_bad_subset_mistaken(tmp_path):
    root = str(write_tree(tmp_path / 'a'))
    with pytest.raises(AnnotationError, match='list of the basic subset'):
        RAFDB(root, subset='compound')
    with pytest.raises(AnnotationError, match=r'outside \[1, 7\]'):
        RAFDB(str(write_tree(tmp_path / 'b', 11)), subset='basic')


def test_list_with_byte_order_mark(tmp_path):
    root = write_tree(tmp_path)
    text = (root / LIST).read_text()
    (root / LIST).write_bytes(b'\xef\xbb\xbf' +
                              text.replace('\n', '\r\n').encode())
    assert len(RAFDB(str(root))) == 14
