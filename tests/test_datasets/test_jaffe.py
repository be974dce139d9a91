# Copyright (c) mmfer contributors.
import pytest

from mmfer.datasets import JAFFE
from mmfer.structures import AnnotationError

CODES = dict(AN='anger', DI='disgust', FE='fear', HA='happiness',
             NE='neutral', SA='sadness', SU='surprise')  # yapf: disable
PEOPLE = ('KA', 'KL', 'KM', 'KR', 'MK', 'NA', 'NM', 'TM', 'UY', 'YM')


@pytest.fixture
def root(tmp_path):
    number = 1
    for person in PEOPLE:
        for code in CODES:
            (tmp_path / f'{person}.{code}1.{number}.tiff').touch()
            number += 1
    (tmp_path / 'README.txt').touch()
    return tmp_path


def test_codes_and_subjects(root):
    dataset = JAFFE(str(root), 'all')
    assert len(dataset) == 70
    for info in dataset:
        name = info['img_path'].rsplit('/', 1)[1]
        assert dataset.CLASSES[info['gt_label']] == CODES[name[3:5]]
        assert info['subject'] == name[:2]
    assert dataset.protocol()['notes'] == ['70 images on disk, 213 published']


def test_ten_folds_leave_one_subject_out(root):
    left_out = []
    for fold in range(10):
        test = {i['subject'] for i in JAFFE(str(root), 'test', fold)}
        train = {i['subject'] for i in JAFFE(str(root), 'train', fold)}
        assert len(test) == 1 and train == set(PEOPLE) - test
        left_out += test
    assert sorted(left_out) == list(PEOPLE)


def test_nested_and_lower_case(tmp_path):
    (tmp_path / 'jaffe').mkdir()
    (tmp_path / 'jaffe' / 'ka.su3.38.tif').touch()
    dataset = JAFFE(str(tmp_path), 'all')
    assert dataset[0]['subject'] == 'KA' and dataset[0]['gt_label'] == 6


@pytest.mark.parametrize('name, message', [
    ('KA.XX1.39.tiff', "unknown expression code: 'XX'.*'SU'"),
    ('KA.AN.39.tiff', 'does not read like KA.AN1.39.tiff'),
    ('KAA.AN1.39.tiff', 'does not read like'),
    ('KA-AN1-39.tiff', 'does not read like'),
    ('KA.AN1.39.png', 'does not read like'),
], ids=['code', 'no_running_number', 'subject', 'separator', 'format'])
def test_bad_name(root, name, message):
    (root / name).touch()
    with pytest.raises(AnnotationError, match=rf'{name}: .*{message}'):
        JAFFE(str(root))


def test_bad_root_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match='Hint: JAFFE wants'):
        JAFFE(str(tmp_path / 'no'))


def test_bad_root_empty(tmp_path):
    with pytest.raises(AnnotationError, match='no images'):
        JAFFE(str(tmp_path))


def test_bad_more_folds_than_subjects(root):
    with pytest.raises(ValueError, match='11 folds cannot be made of 10'):
        JAFFE(str(root), num_folds=11)
