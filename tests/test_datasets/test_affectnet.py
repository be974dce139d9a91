# Copyright (c) mmfer contributors.
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.datasets import AffectNet
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError

ORDER = ('neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust',
         'anger', 'contempt')
HEADER = ('subDirectory_filePath,face_x,face_y,face_width,face_height,'
          'facial_landmarks,expression,valence,arousal')
POINTS = np.arange(136, dtype=np.float32).reshape(68, 2) + 0.25
TEXT = ';'.join(f'{v:.2f}' for v in POINTS.ravel())
IMAGE = np.zeros((4, 4, 3), np.uint8)


def row(name='1/a.jpg', box='10,20,30,40', points=TEXT, label='0',
        va='0.5,-0.25'):
    return f'{name},{box},{points},{label},{va}'


def write_2017(root: Path, rows, header=HEADER) -> Path:
    """A tree with ``training.csv`` and one image."""
    folder = root / 'Manually_Annotated_Images/1'
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / 'a.jpg'), IMAGE)
    (root / 'training.csv').write_text('\n'.join([header, *rows]) + '\n')
    return root


def write_2021(root: Path, labels=range(8), split='train',
               text=False) -> Path:
    """One image of each label; values as strings if asked."""
    images = root / f'{split}_set/images'
    folder = root / f'{split}_set/annotations'
    images.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for i, label in enumerate(labels):
        cv2.imwrite(str(images / f'{i}.jpg'), IMAGE)
        values = dict(exp=label, val=i / 20, aro=-i / 20, lnd=POINTS.ravel())
        for end, value in values.items():
            value = np.array(value)
            np.save(folder / f'{i}_{end}.npy',
                    value.astype(str) if text else value)
    return root


def test_2017(tmp_path):
    rows = [row(label=str(i), va=f'{i / 10},{-i / 10}') for i in range(11)]
    root = write_2017(tmp_path, rows + [row(label='8')])
    dataset = DATASETS.build(
        dict(type='AffectNet', data_root=str(root), release='2017'))
    assert dataset.metainfo['classes'] == ORDER
    assert dataset.get_gt_labels().tolist() == list(range(8))
    assert dataset.dropped == {'none': 2, 'uncertain': 1, 'non-face': 1}
    info = dataset[3]
    assert info['img_path'] == str(root / 'Manually_Annotated_Images/1/a.jpg')
    np.testing.assert_allclose(info['gt_va'], [0.3, -0.3], rtol=1e-6)
    np.testing.assert_array_equal(info['gt_bboxes'], [[10, 20, 40, 60]])
    np.testing.assert_array_equal(info['gt_landmarks'], POINTS)
    for key in ('gt_va', 'gt_bboxes', 'gt_landmarks'):
        assert info[key].dtype == np.float32 and info[key].flags.writeable
    assert 'floats' not in info


@pytest.mark.parametrize('text', [False, True], ids=['numbers', 'strings'])
def test_2021(tmp_path, text):
    root = write_2021(tmp_path, range(11), text=text)
    dataset = AffectNet(str(root))
    assert dataset.metainfo['classes'] == ORDER
    assert dataset.get_gt_labels().tolist() == list(range(8))
    assert dataset.dropped == {'none': 1, 'uncertain': 1, 'non-face': 1}
    info = dataset[7]
    assert info['img_path'] == str(root / 'train_set/images/7.jpg')
    np.testing.assert_allclose(info['gt_va'], [0.35, -0.35], rtol=1e-6)
    np.testing.assert_array_equal(info['gt_landmarks'], POINTS)
    assert 'gt_bboxes' not in info


def test_2021_order_of_ids(tmp_path):
    root = write_2021(tmp_path, [0] * 12)
    names = [Path(i['img_path']).stem for i in AffectNet(str(root))]
    assert names == [str(i) for i in range(12)]


def test_seven_classes(tmp_path):
    root = str(write_2021(tmp_path, [*range(8), 7, 9], split='val'))
    dataset = AffectNet(root, 'valid', label_space='affectnet7')
    assert dataset.metainfo['classes'] == ORDER[:7]
    assert dataset.dropped == dict(contempt=2, uncertain=1)
    assert dataset.official_counts() == {c: 500 for c in ORDER[:7]}
    # Counted once more, not twice, when the annotations are read again.
    dataset.set_label_space('affectnet8')
    assert dataset.dropped == dict(uncertain=1)
    assert len(dataset) == 9


def test_unknown_valence_arousal(tmp_path):
    root = write_2017(tmp_path, [
        row(va='-2,-2'), row(va='nan,0.5'), row(va='-1,1')])
    dataset = AffectNet(str(root), release='2017')
    np.testing.assert_array_equal(dataset[0]['gt_va'], [np.nan, np.nan])
    np.testing.assert_array_equal(dataset[1]['gt_va'], [np.nan, 0.5])
    np.testing.assert_array_equal(dataset[2]['gt_va'], [-1, 1])
    assert 'valence or arousal unknown for 2 of 3' in dataset.notes


def test_boxes_of_dropped_rows_are_not_read(tmp_path):
    root = write_2017(tmp_path, [
        row(), row(box='NULL,NULL,NULL,NULL', points='NULL', label='10')])
    assert len(AffectNet(str(root), release='2017')) == 1


def test_unknown_landmarks(tmp_path):
    points = 'nan;nan;' + TEXT.split(';', 2)[2]
    root = write_2017(tmp_path, [row(points=points)])
    landmarks = AffectNet(str(root), release='2017')[0]['gt_landmarks']
    assert np.isnan(landmarks[0]).all() and not np.isnan(landmarks[1:]).any()


def test_many_rows_keep_their_order(tmp_path):
    """More rows than are parsed at a time."""
    rows = [row(label=str(i % 9), va=f'{i / 10000},0') for i in range(9000)]
    dataset = AffectNet(str(write_2017(tmp_path, rows)), release='2017')
    kept = [i for i in range(9000) if i % 9 < 8]
    assert dataset.get_gt_labels().tolist() == [i % 9 for i in kept]
    assert dataset.dropped == dict(none=1000)
    for place in (0, 4095, 4096, 7999):
        assert dataset[place]['gt_va'][0] == np.float32(kept[place] / 10000)


def test_other_places(tmp_path):
    root = write_2017(tmp_path, [row()])
    (root / 'lists').mkdir()
    (root / 'training.csv').rename(root / 'lists/mine.csv')
    (root / 'Manually_Annotated_Images').rename(root / 'faces')
    dataset = AffectNet(str(root), release='2017', ann_file='lists/mine.csv',
                        data_prefix='faces')
    assert dataset[0]['img_path'] == str(root / 'faces/1/a.jpg')


def test_official_totals():
    train = AffectNet.OFFICIAL_COUNTS['train']
    assert tuple(train) == ORDER
    assert sum(train.values()) == 287651
    assert sum(train.values()) - train['contempt'] == 283901
    assert sum(AffectNet.OFFICIAL_COUNTS['valid'].values()) == 4000


@pytest.mark.parametrize('bad, value', [
    (row(label='11'), '11'),
    (row(label='-1'), '-1'),
    (row(label='happy'), 'happy'),
    (row(label=''), "''"),
    (row(va='1.5,0'), '[1.5, 0.0]'),
    (row(va='0,-5'), '[0.0, -5.0]'),
    (row(va='0,much'), 'much'),
    (row(va='0,inf'), 'inf'),
    (row(box='10,20,0,40'), 'without extent'),
    (row(box='10,20,nan,40'), 'without extent'),
    (row(box='nan,20,30,40'), '[nan, 20.0, 30.0, 40.0]'),
    (row(box='a,20,30,40'), "number 3 is no finite float32: 'a'"),
    (row(points=TEXT[:-7]), '135 numbers where 136 belong'),
    (row(points=''), '1 numbers where 136 belong'),
    (row(points=TEXT.replace('5.25;', 'x;', 1)), "'x'"),
    (row(points=TEXT.replace('5.25;', 'inf;', 1)), "'inf'"),
    (row(name=''), 'no image path'),
    (row() + ',0', '10 cells under a header of 9'),
    ('1/a.jpg,1', '2 cells under a header of 9'),
    ('1/\0.jpg', 'NUL'),
], ids=['label 11', 'negative label', 'word as label', 'no label',
        'valence above 1', 'arousal of another scale', 'word as arousal',
        'infinite arousal', 'flat box', 'NaN width',
        'NaN corner', 'word as box', 'half a landmark',
        'no landmarks',
        'word as landmark', 'infinite landmark', 'no path', 'too many cells',
        'too few cells', 'NUL byte'])
def test_bad_row(tmp_path, bad, value):
    root = write_2017(tmp_path, [row(), bad, row()])
    with pytest.raises(AnnotationError) as error:
        AffectNet(str(root), release='2017')
    assert str(root / 'training.csv') in str(error.value)
    assert error.value.line == 3
    assert value in str(error.value)


@pytest.mark.parametrize('header, rows, value', [
    (HEADER.replace('valence', 'mood'), [row()], "missing columns: ['valence"),
    (HEADER.replace('arousal', 'valence'), [row()], 'named twice'),
    ('', [], 'an empty file'),
    (HEADER, [], 'no sample remains'),
    (HEADER, [row(label='9')], 'no sample remains'),
], ids=['missing column', 'column twice', 'empty file', 'header only',
        'no expression'])
def test_bad_table(tmp_path, header, rows, value):
    root = write_2017(tmp_path, rows, header)
    with pytest.raises(AnnotationError) as error:
        AffectNet(str(root), release='2017')
    assert value in str(error.value) and str(root) in str(error.value)


class Trap:
    """Unpickling it would leave a trace."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, 'w')


def spoil(path: Path, how: str, trace: Path) -> None:
    if how == 'truncated':
        path.write_bytes(path.read_bytes()[:-3])
    elif how == 'truncated header':
        path.write_bytes(path.read_bytes()[:20])
    elif how == 'empty':
        path.write_bytes(b'')
    elif how == 'text':
        path.write_text('3\n')
    elif how == 'pickled':
        np.save(path, np.array([Trap(str(trace))], dtype=object))
    elif how == 'zip':
        with open(path, 'wb') as file:
            np.savez(file, a=np.zeros(1))
    elif how == 'two values':
        np.save(path, np.zeros(2))
    elif how == 'word':
        np.save(path, np.array(['word'] * (136 if 'lnd' in path.name else 1)))
    elif how == 'infinite':
        np.save(path, np.full(136 if 'lnd' in path.name else 1, np.inf))
    elif how == 'too high':
        np.save(path, np.array(11.))
    else:
        path.unlink()


@pytest.mark.parametrize('end', ['exp', 'val', 'aro', 'lnd'])
@pytest.mark.parametrize('how', [
    'truncated', 'truncated header', 'empty', 'text', 'pickled', 'zip',
    'two values', 'word', 'infinite', 'too high', 'missing'])
def test_bad_npy(tmp_path, how, end):
    root = write_2021(tmp_path, [3, 4, 5])
    path, trace = root / f'train_set/annotations/1_{end}.npy', tmp_path / 'x'
    if (how, end) == ('missing', 'exp'):
        # Without its _exp file an image is not annotated at all.
        path.unlink()
        assert len(AffectNet(str(root))) == 2
        return
    spoil(path, how, trace)
    with pytest.raises((AnnotationError, FileNotFoundError)) as error:
        AffectNet(str(root))
    assert f'1_{end}.npy' in str(error.value)
    assert not trace.exists()


def test_valence_marker_2021(tmp_path):
    root = write_2021(tmp_path, [0], text=True)
    np.save(root / 'train_set/annotations/0_val.npy', np.array('-2'))
    np.testing.assert_array_equal(
        AffectNet(str(root))[0]['gt_va'], np.array([np.nan, 0], np.float32))


@pytest.mark.parametrize('release, remove, named', [
    ('2017', 'training.csv', 'training.csv'),
    ('2017', 'Manually_Annotated_Images', 'Manually_Annotated_Images'),
    ('2017', 'Manually_Annotated_Images/1/a.jpg', 'first image'),
    ('2021', 'train_set', 'train_set'),
    ('2021', 'train_set/images', 'images'),
    ('2021', 'train_set/images/0.jpg', 'first image'),
])
def test_bad_missing_files(tmp_path, release, remove, named):
    root = tmp_path / 'root'
    write_2017(root, [row()])
    write_2021(root)
    (root / remove).rename(tmp_path / 'elsewhere')
    with pytest.raises(FileNotFoundError, match='Hint') as error:
        AffectNet(str(root), release=release)
    assert named in str(error.value)


@pytest.mark.parametrize('kwargs', [
    dict(split='test'), dict(release='2019'), dict(release=2021)
], ids=['split', 'release', 'release as a number'])
def test_bad_arguments(tmp_path, kwargs):
    with pytest.raises(ValueError, match=str(list(kwargs.values())[0])):
        AffectNet(str(write_2021(tmp_path)), **kwargs)
