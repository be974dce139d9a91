# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets import ExpW
from mmfer.structures import AnnotationError


@pytest.fixture
def root(tmp_path):
    """400 images; every fourth one shows two faces."""
    folder = tmp_path / 'image' / 'origin'
    folder.mkdir(parents=True)
    rows = []
    for i in range(400):
        (folder / f'word_{i}.jpg').touch()
        for face in range(2 if i % 4 == 0 else 1):
            top, left = 10 + face, 20 + i
            rows.append(f'word_{i}.jpg {face} {top} {left} {left + 30} '
                        f'{top + 40} {i / 4} {i % 7}')
    (tmp_path / 'label.lst').write_text('\n'.join(rows) + '\n')
    return tmp_path


def rewrite(root, row):
    (root / 'label.lst').write_text(
        'word_0.jpg 0 1 2 30 40 50 6\n' + row + '\n')


def names(dataset):
    return {info['img_path'].rsplit('/', 1)[1] for info in dataset}


def test_row(root):
    rewrite(root, 'word_1.jpg 0 28 113 226 141 22.9362 0')
    info = ExpW(str(root), 'all')[1]
    assert info['gt_label'] == 0
    assert info['img_path'].endswith('image/origin/word_1.jpg')
    # TOP LEFT RIGHT BOTTOM on disk, left top right bottom in the sample.
    assert info['gt_bboxes'].tolist() == [[113, 28, 226, 141]]
    assert info['gt_bboxes'].dtype == np.float32


def test_split_keeps_images_whole(root):
    parts = [ExpW(str(root), split) for split in ('train', 'valid', 'test')]
    assert sum(map(len, parts)) == len(ExpW(str(root), 'all')) == 500
    assert sum(len(names(part)) for part in parts) == 400
    train, val, test = (len(names(part)) for part in parts)
    assert abs(train - 300) < 35 and abs(val - 40) < 24 and abs(test - 60) < 28


def test_split_depends_on_name_and_seed_only(root):
    train = names(ExpW(str(root), 'train'))
    lines = (root / 'label.lst').read_text().splitlines()
    (root / 'label.lst').write_text('\n'.join(lines[::-1]))
    assert names(ExpW(str(root), 'train')) == train
    sure = names(ExpW(str(root), 'train', min_confidence=50))
    assert sure < train
    assert names(ExpW(str(root), 'train', split_seed=1)) != train


def test_confidence_is_counted(root):
    dataset = ExpW(str(root), 'all', min_confidence=25)
    # i / 4 < 25 for 100 images, of which 25 show two faces.
    assert len(dataset) == 375
    assert dataset.notes[1].startswith('125 faces')


def test_other_places(root):
    (root / 'label').mkdir()
    (root / 'label.lst').rename(root / 'label' / 'label.lst')
    (root / 'image' / 'origin').rename(root / 'faces')
    assert len(ExpW(str(root), 'all', image_folder='faces')) == 500
    (root / 'faces').rename(root / 'image2')
    (root / 'image').rmdir()
    (root / 'image2').rename(root / 'image')
    assert len(ExpW(str(root), 'all')) == 500


@pytest.mark.parametrize('row, message', [
    ('a.jpg 0 28 113 226 141 22.9', '7 columns where 8 belong'),
    ('a.jpg 0 28 226 113 141 22.9 0', 'an empty box.*28 226 113 141'),
    ('a.jpg 0 141 113 226 28 22.9 0', 'an empty box'),
    ('a.jpg 0 28 113 nan 141 22.9 0', "box right is not a number: 'nan'"),
    ('a.jpg 0 x 113 226 141 22.9 0', "box top is not a number: 'x'"),
    ('a.jpg 0 28 113 226 141 inf 0', 'the confidence is not finite'),
    ('a.jpg 0 28 113 226 141 22.9 7', r"label lies outside \[0, 6\]: '7'"),
    ('a.jpg 0 28 113 226 141 22.9 1.5', 'the label is not an integer'),
], ids=['columns', 'right_left', 'bottom_top', 'nan_box', 'text_box',
        'confidence', 'label_range', 'label_fraction'])
def test_bad_row(root, row, message):
    rewrite(root, row)
    with pytest.raises(AnnotationError, match=rf'lst, line 2: .*{message}'):
        ExpW(str(root))


def test_bad_list_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match='Hint: .*label.lst'):
        ExpW(str(tmp_path))


def test_bad_list_empty(root):
    (root / 'label.lst').write_text('')
    with pytest.raises(AnnotationError, match='no sample remains'):
        ExpW(str(root))


def test_bad_image_folder(root):
    with pytest.raises(FileNotFoundError, match='faces: no such folder'):
        ExpW(str(root), image_folder='faces')


def test_bad_image_missing(root):
    rewrite(root, 'a.jpg 0 28 113 226 141 22.9 0')
    (root / 'image' / 'origin' / 'word_0.jpg').unlink()
    with pytest.raises(FileNotFoundError, match='the first image of ExpW'):
        ExpW(str(root), 'all')
