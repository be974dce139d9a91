# Copyright (c) mmfer contributors.
import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.datasets import FERPlus
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError

ORDER = ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust',
         'fear', 'contempt')
HEADER = ('Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,'
          'fear,contempt,unknown,NF')
# votes -> label under the official rule, label under 'unusable'; None = out
VOTES = [
    ([6, 4, 0, 0, 0, 0, 0, 0, 0, 0], 0, 0),
    ([5, 5, 0, 0, 0, 0, 0, 0, 0, 0], None, 0),      # no more than half
    ([5, 0, 0, 1, 1, 1, 1, 1, 0, 0], 0, 0),         # outliers do not count
    ([0, 4, 3, 0, 0, 0, 0, 0, 0, 0], 1, 1),
    ([4, 0, 0, 0, 0, 0, 0, 0, 4, 0], None, None),   # unknown counts
    ([3, 0, 0, 0, 0, 0, 0, 2, 2, 2], None, 0),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 10], None, None),
    ([2, 0, 0, 0, 0, 0, 0, 0, 8, 0], None, None),
    ([0, 0, 0, 0, 0, 0, 0, 7, 0, 3], 7, 7),
    ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], None, None),
]
FOLDERS = dict(train='FER2013Train', valid='FER2013Valid',
               test='FER2013Test')


def write_tree(root: Path, votes=None, splits=('train', 'valid', 'test')
               ) -> Path:
    votes = [v for v, _, _ in VOTES] if votes is None else votes
    rows = [HEADER]
    for split, usage in zip(FOLDERS, ('Training', 'PublicTest',
                                      'PrivateTest')):
        if split not in splits:
            continue
        folder = root / 'data' / FOLDERS[split]
        folder.mkdir(parents=True)
        lines = []
        for i, counts in enumerate(votes):
            cells = ','.join(map(str, counts))
            lines.append(f'fer{i:07d}.png,"(0, 0, 48, 48)",{cells}')
            rows.append(f'{usage},fer{i:07d}.png,{cells}')
            cv2.imwrite(str(folder / f'fer{i:07d}.png'),
                        np.zeros((4, 4), np.uint8))
        (folder / 'label.csv').write_text('\n'.join(lines) + '\n')
        rows.append(f'{usage},,0,0,0,0,0,0,0,0,0,10')
    (root / 'fer2013new.csv').write_text('\n'.join(rows) + '\n')
    return root


@pytest.mark.parametrize('source', ['label.csv', 'fer2013new.csv'])
@pytest.mark.parametrize('drop, column', [('official', 1), ('unusable', 2)])
def test_drop_rules(tmp_path, source, drop, column):
    root = str(write_tree(tmp_path))
    dataset = DATASETS.build(
        dict(type='FERPlus', data_root=root, split='valid', drop=drop,
             votes_from=source))
    assert dataset.metainfo['classes'] == ORDER
    kept = [(i, case[column]) for i, case in enumerate(VOTES)
            if case[column] is not None]
    assert dataset.get_gt_labels().tolist() == [label for _, label in kept]
    for info, (i, _) in zip(dataset, kept):
        assert info['img_path'] == str(
            tmp_path / f'data/FER2013Valid/fer{i:07d}.png')
        assert info['votes'].tolist() == VOTES[i][0]
        assert info['votes'].dtype == np.uint8
        assert 'gt_score' not in info
    assert f'{10 - len(kept)} of 10 images left out' in dataset.notes[-1]


def test_distribution(tmp_path):
    root = str(write_tree(tmp_path))
    dataset = FERPlus(root, target='distribution')
    np.testing.assert_allclose(dataset[0]['gt_score'],
                               [.6, .4, 0, 0, 0, 0, 0, 0], rtol=1e-6)
    # Single votes are outliers.
    np.testing.assert_array_equal(dataset[1]['gt_score'], np.eye(8)[0])
    usable = FERPlus(root, target='distribution', drop='unusable')
    np.testing.assert_allclose(usable[2]['gt_score'],
                               [.5, 0, 0, .1, .1, .1, .1, .1], rtol=1e-6)
    for info in (*dataset, *usable):
        assert info['gt_score'].dtype == np.float32
        assert info['gt_score'].sum() == pytest.approx(1)
        assert info['gt_score'].argmax() == info['gt_label']


def test_seven_classes_renormalise(tmp_path):
    votes = [[6, 0, 0, 0, 0, 0, 0, 4, 0, 0], [0, 0, 0, 0, 0, 0, 0, 9, 1, 0]]
    root = str(write_tree(tmp_path, votes))
    dataset = FERPlus(root, target='distribution', label_space='ferplus7')
    assert dataset.dropped == dict(contempt=1)
    np.testing.assert_array_equal(dataset[0]['gt_score'], np.eye(7)[0])


def test_other_order_moves_the_votes(tmp_path):
    root = str(write_tree(tmp_path, [[0, 3, 0, 0, 7, 0, 0, 0, 0, 0]]))
    info = FERPlus(root, target='distribution', label_space='fer2013')[0]
    # anger 0 disgust 1 fear 2 happiness 3
    assert info['gt_label'] == 0
    np.testing.assert_allclose(info['gt_score'], [.7, 0, 0, .3, 0, 0, 0],
                               rtol=1e-6)


def test_absent_split_only_matters_when_asked_for(tmp_path):
    root = str(write_tree(tmp_path, splits=('train', 'valid')))
    assert len(FERPlus(root, 'train')) == 4
    with pytest.raises(FileNotFoundError, match='FER2013Test.*Hint'):
        FERPlus(root, 'test')


@pytest.mark.parametrize('kwargs, known', [
    ({}, True), (dict(target='distribution'), True),
    (dict(drop='unusable'), False), (dict(votes_from='fer2013new.csv'), False)
])
def test_official_counts_belong_to_one_rule(tmp_path, kwargs, known):
    dataset = FERPlus(str(write_tree(tmp_path)), **kwargs)
    assert (dataset.official_counts() is not None) is known
    assert FERPlus(str(tmp_path), 'test', **kwargs).official_counts() is None


def read_votes(path: Path, header: bool, usage: str):
    with open(path, newline='') as file:
        rows = list(csv.reader(file))
    if header:
        rows = [r for r in rows[1:] if r[0] == usage and r[1].strip()]
    return [[int(c) for c in r[2:]] for r in rows]


def label_of(votes, drop):
    """The rules once more, as plain loops."""
    if drop == 'unusable':
        best = max(votes[:8])
        return votes.index(best) if best > max(votes[8:]) else None
    votes = [v if v > 1 else 0 for v in votes]
    for i in range(8):
        if 2 * votes[i] > sum(votes):
            return i
    return None


@pytest.mark.parametrize('split, usage, sizes', [
    ('train', 'Training', (25045, 25060)),
    ('valid', 'PublicTest', (3191, 3199))], ids=['train', 'valid'])
def test_real_data(shared, split, usage, sizes):
    root = shared / 'data/ferplus'
    folder = root / 'data' / FOLDERS[split]
    for source, size in zip(('label.csv', 'fer2013new.csv'), sizes):
        path = (folder if source == 'label.csv' else root) / source
        votes = read_votes(path, source != 'label.csv', usage)
        for drop in ('official', 'unusable'):
            labels = [label_of(v, drop) for v in votes]
            labels = [label for label in labels if label is not None]
            dataset = FERPlus(str(root), split, drop=drop, votes_from=source)
            assert dataset.get_gt_labels().tolist() == labels
            if drop == 'official':
                assert len(dataset) == size
            if (drop, source) == ('official', 'label.csv'):
                assert dataset.class_counts() == dataset.official_counts()


BOX = '"(0, 0, 48, 48)"'
GOOD = f'fer0000000.png,{BOX},9,1,0,0,0,0,0,0,0,0\n'


@pytest.mark.parametrize('bad, value', [
    (f'a.png,{BOX},9,1,0,0,0,0,0,0,0', '11 columns where 12 belong'),
    ('a.png,(0, 0, 48, 48),9,1,0,0,0,0,0,0,0,0', '15 columns'),
    (f'a.png,{BOX},x,1,0,0,0,0,0,0,0,0', "'x'"),
    (f'a.png,{BOX},11,0,0,0,0,0,0,0,0,0', "'11'"),
    (f'a.png,{BOX},-1,0,0,0,0,0,0,0,0,9', "'-1'"),
    (f'a.png,{BOX},2.5,0,0,0,0,0,0,0,0,7', "'2.5'"),
    (f'a.png,{BOX},,9,1,0,0,0,0,0,0,0', "''"),
    (f'a.png,{BOX},0,0,0,0,0,0,0,0,0,0', 'not all zero'),
    ('a\0.png', 'NUL'),
], ids=['a vote missing', 'box without quotes', 'word as vote',
        'eleven votes', 'negative vote', 'fraction', 'empty vote',
        'no vote at all', 'NUL byte'])
def test_bad_label_csv(tmp_path, bad, value):
    root = write_tree(tmp_path)
    path = root / 'data/FER2013Train/label.csv'
    path.write_text(GOOD + '\n' + bad + '\n')
    with pytest.raises(AnnotationError) as error:
        FERPlus(str(root))
    assert error.value.line == 3
    assert str(path) in str(error.value) and value in str(error.value)


@pytest.mark.parametrize('text, value', [
    ('', 'an empty file'),
    (HEADER + '\n', 'no votes for split'),
    (HEADER.replace(',NF', '') + '\n', "missing columns: ['NF']"),
    (HEADER.replace(',contempt', '') +
     '\nTraining,a.png,9,1,0,0,0,0,0,0,0\n',
     "missing columns: ['contempt']"),
    (HEADER + '\nTraining,a.png,9,1,0,0,0,0,0,0,0,0,0\n', '13 cells'),
], ids=['empty file', 'header only', 'missing column', 'nine votes',
        'cell too many'])
def test_bad_fer2013new_csv(tmp_path, text, value):
    root = write_tree(tmp_path)
    (root / 'fer2013new.csv').write_text(text)
    with pytest.raises(AnnotationError) as error:
        FERPlus(str(root), votes_from='fer2013new.csv')
    assert 'fer2013new.csv' in str(error.value)
    assert value in str(error.value)


@pytest.mark.parametrize('remove, kwargs', [
    ('data', {}), ('data/FER2013Train/label.csv', {}),
    ('fer2013new.csv', dict(votes_from='fer2013new.csv')),
    ('data/FER2013Train/fer0000000.png', {})])
def test_bad_missing_files(tmp_path, remove, kwargs):
    root = write_tree(tmp_path / 'root')
    (root / remove).rename(tmp_path / 'elsewhere')
    with pytest.raises(FileNotFoundError, match='Hint') as error:
        FERPlus(str(root), **kwargs)
    assert Path(remove).name in str(error.value)


@pytest.mark.parametrize('kwargs', [
    dict(split='val'), dict(target='soft'), dict(drop='none'),
    dict(votes_from='labels.csv')], ids=lambda kwargs: next(iter(kwargs)))
def test_bad_arguments(tmp_path, kwargs):
    with pytest.raises(ValueError, match=list(kwargs.values())[0]):
        FERPlus(str(write_tree(tmp_path)), **kwargs)


def test_bad_no_image_remains(tmp_path):
    root = write_tree(tmp_path, [[5, 5, 0, 0, 0, 0, 0, 0, 0, 0]])
    with pytest.raises(AnnotationError, match='no sample remains'):
        FERPlus(str(root))
