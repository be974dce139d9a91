# Copyright (c) mmfer contributors.
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger

from mmfer.datasets import FER2013
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError

ORDER = ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise',
         'neutral')
FOLDERS = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
HEADER = 'emotion,pixels,Usage'


def face(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 48), np.uint8)


def row(label='0', seed=0, usage='Training', pixels=None):
    text = ' '.join(map(str, face(seed).ravel())) if pixels is None else pixels
    return f'{label},{text},{usage}'


def write_csv(root: Path, rows, header=HEADER) -> Path:
    (root / 'fer2013.csv').write_text('\n'.join([header, *rows]) + '\n')
    return root


def write_folders(root: Path, split='Training', names=FOLDERS, each=2) -> Path:
    for label, name in enumerate(names):
        folder = root / split / name
        folder.mkdir(parents=True)
        for i in range(each):
            image = np.full((4, 4), 10 * label + i, np.uint8)
            cv2.imwrite(str(folder / f'{i}.png'), image)
    return root


@pytest.fixture
def warnings_seen():
    seen = []

    class Keep(logging.Handler):

        def emit(self, record):
            if record.levelno == logging.WARNING:
                seen.append(record.getMessage())

    logger, handler = MMLogger.get_current_instance(), Keep()
    logger.addHandler(handler)
    yield seen
    logger.removeHandler(handler)


def test_csv(tmp_path):
    rows = [row(str(i % 7), i, usage) for i, usage in enumerate(
        ['Training'] * 9 + ['PublicTest'] * 3 + ['PrivateTest'] * 2)]
    root = str(write_csv(tmp_path, rows))
    train = DATASETS.build(dict(type='FER2013', data_root=root))
    assert train.metainfo['classes'] == ORDER
    assert train.get_gt_labels().tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    for i in range(9):
        info = train[i]
        assert info['img'].dtype == np.uint8 and 'img_path' not in info
        np.testing.assert_array_equal(info['img'], face(i))
    # A sample costs its pixels and little more.
    assert train.data_bytes.nbytes / 9 < 48 * 48 + 300
    valid, test = FER2013(root, 'valid'), FER2013(root, 'test')
    np.testing.assert_array_equal(valid[0]['img'], face(9))
    np.testing.assert_array_equal(test[1]['img'], face(13))
    assert (len(valid), len(test)) == (3, 2)


def test_other_order_of_columns(tmp_path):
    """Another published copy: blanks in the header, pixels last."""
    text = ' '.join(map(str, face(3).ravel()))
    write_csv(tmp_path, [f'6,Training,{text}'], 'emotion, Usage, pixels')
    (tmp_path / 'fer2013.csv').rename(tmp_path / 'icml.csv')
    dataset = FER2013(str(tmp_path), ann_file='icml.csv')
    assert dataset.get_gt_labels().tolist() == [6]
    np.testing.assert_array_equal(dataset[0]['img'], face(3))


def test_csv_with_byte_order_mark(tmp_path):
    path = write_csv(tmp_path, [row('4')]) / 'fer2013.csv'
    path.write_bytes(b'\xef\xbb\xbf' + path.read_bytes())
    assert FER2013(str(tmp_path)).get_gt_labels().tolist() == [4]


@pytest.mark.parametrize('folder, split', [
    ('Training', 'train'), ('train', 'train'), ('PublicTest', 'valid'),
    ('validation', 'valid'), ('val', 'valid'), ('PrivateTest', 'test'),
    ('test', 'test')])
@pytest.mark.parametrize('names', [FOLDERS, ORDER, tuple('0123456'),
                                   [n.upper() for n in FOLDERS]],
                         ids=['adjectives', 'nouns', 'indices', 'capitals'])
def test_folders(tmp_path, folder, split, names):
    root = str(write_folders(tmp_path, folder, names))
    dataset = FER2013(root, split, layout='folders')
    assert dataset.get_gt_labels().tolist() == sorted([*range(7)] * 2)
    for i, info in enumerate(dataset):
        value = cv2.imread(info['img_path'], 0)[0, 0]
        assert value == 10 * info['gt_label'] + i % 2


def test_folders_pass_over_other_files(tmp_path):
    root = write_folders(tmp_path)
    (root / 'Training/readme.txt').write_text('')
    (root / 'Training/happy/Thumbs.db').write_text('')
    (root / 'Training/.cache').mkdir()
    assert len(FER2013(str(root), layout='folders')) == 14


def test_counts_are_only_claimed_for_the_measured_copy(tmp_path):
    """3,579 rows: FER2013 without the ten faceless rows of PublicTest."""
    official = FER2013.OFFICIAL_COUNTS['valid']
    black = ' '.join(['0'] * 2304)
    rows = [row(str(i), usage='PublicTest', pixels=black)
            for i, name in enumerate(ORDER) for _ in range(official[name])]
    root = str(write_csv(tmp_path, rows))
    dataset = FER2013(root, 'valid')
    assert dataset.official_counts() == official == dataset.class_counts()
    write_csv(tmp_path, rows[:-1])
    assert FER2013(root, 'valid').official_counts() is None


def test_counts_of_another_copy_are_told(tmp_path, warnings_seen):
    dataset = FER2013(str(write_csv(tmp_path, [row(), row('3')])))
    assert '2 images; published 28709 (second-hand)' in dataset.notes[1]
    assert any('2 images' in message for message in warnings_seen)


def test_official_totals():
    totals = [sum(c.values()) for c in FER2013.OFFICIAL_COUNTS.values()]
    assert totals == [28558, 3579, 3573] and sum(totals) == 35710


SHORT = ' '.join(['7'] * 2303)


@pytest.mark.parametrize('bad, value', [
    (row('7'), '7'),
    (row('-1'), '-1'),
    (row('1.5'), '1.5'),
    (row('angry'), 'angry'),
    (row(''), "''"),
    (row(usage='Test'), 'Test'),
    (row(usage=''), "''"),
    (row(pixels=SHORT), '2303 numbers where 2304 belong'),
    (row(pixels=SHORT + ' 7 7'), '2305 numbers where 2304 belong'),
    (row(pixels=''), '0 numbers where 2304 belong'),
    (row(pixels=SHORT + ' 256'), "number 2304 is no finite uint8: '256'"),
    (row(pixels=SHORT + ' -1'), "number 2304 is no finite uint8: '-1'"),
    (row(pixels='x ' + SHORT), "number 1 is no finite uint8: 'x'"),
    (row(pixels='0.5 ' + SHORT), "number 1 is no finite uint8: '0.5'"),
    ('0,' + SHORT, '2 cells under a header of 3'),
    ('0\0', 'NUL'),
], ids=['label 7', 'negative label', 'fraction as label', 'word as label',
        'no label', 'unknown Usage', 'no Usage', 'a pixel short',
        'a pixel too many', 'no pixels', 'pixel 256', 'negative pixel',
        'word as pixel', 'fraction as pixel', 'cell missing', 'NUL byte'])
def test_bad_row(tmp_path, bad, value):
    root = write_csv(tmp_path, [row(), row('1'), bad, row()])
    with pytest.raises(AnnotationError) as error:
        FER2013(str(root))
    assert str(root / 'fer2013.csv') in str(error.value)
    assert error.value.line == 4
    assert value in str(error.value)


@pytest.mark.parametrize('data, value', [
    (b'', 'an empty file'),
    (b'emotion,pixels,Usage\n', 'no sample remains'),
    (b'label,pixels,Usage\n', "missing columns: ['emotion']"),
    (b'emotion,pixels,Usage\n\xff\xfe\n', 'not UTF-8'),
    (row(usage='PublicTest').join([HEADER + '\n', '\n']).encode(),
     'no sample remains'),
], ids=['empty file', 'header only', 'wrong header', 'not UTF-8',
        'no row of the split'])
def test_bad_table(tmp_path, data, value):
    (tmp_path / 'fer2013.csv').write_bytes(data)
    with pytest.raises(AnnotationError) as error:
        FER2013(str(tmp_path))
    assert value in str(error.value) and str(tmp_path) in str(error.value)


def test_bad_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere'):
        FER2013(str(tmp_path / 'nowhere'), layout='folders')
    with pytest.raises(FileNotFoundError, match='fer2013.csv.*Hint'):
        FER2013(str(tmp_path))
    with pytest.raises(FileNotFoundError, match='Training.*may be named'):
        FER2013(str(tmp_path), layout='folders')


@pytest.mark.parametrize('names, value', [
    (FOLDERS + ('bored', ), 'bored'),
    (FOLDERS + ('7', ), '7'),
    (FOLDERS + ('Happiness', ), "['Happiness', 'happy']"),
    (FOLDERS[:5], "['surprise', 'neutral']"),
    (FOLDERS[:6] + ('contempt', ), 'contempt'),
], ids=['unknown class', 'index out of range', 'class twice',
        'classes missing', 'class of another set'])
def test_bad_class_folders(tmp_path, names, value):
    root = str(write_folders(tmp_path, names=names))
    with pytest.raises(AnnotationError) as error:
        FER2013(root, layout='folders')
    assert value in str(error.value) and root in str(error.value)


def test_bad_empty_folders(tmp_path):
    root = str(write_folders(tmp_path, each=0))
    with pytest.raises(AnnotationError, match='no sample remains'):
        FER2013(root, layout='folders')


@pytest.mark.parametrize('kwargs', [dict(split='val'), dict(layout='npy')],
                         ids=['split', 'layout'])
def test_bad_arguments(tmp_path, kwargs):
    with pytest.raises(ValueError, match=list(kwargs.values())[0]):
        FER2013(str(write_csv(tmp_path, [row()])), **kwargs)
