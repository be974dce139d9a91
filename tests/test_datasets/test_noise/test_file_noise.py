# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.datasets import RAFDB
from mmfer.datasets.noise import FileNoise
from mmfer.structures import AnnotationError, LabelSpace

SPACE = LabelSpace.get('rafdb')
NAMES = [f'basic/Image/aligned/train_{i:05d}_aligned.jpg' for i in range(1, 8)]
CLEAN = np.arange(7)
NOISY = [0, 2, 2, 3, 6, 5, 6]


def read(path, text, space=SPACE, names=NAMES, clean=CLEAN, **options):
    path.write_text(text)
    return FileNoise(str(path), **options)(clean, names, space, SPACE)


def eac(labels=NOISY):
    return ''.join(f'train_{i:05d}.jpg {label + 1}\n'
                   for i, label in enumerate(labels, 1))


def scn(labels=NOISY):
    return ''.join(f'/home/me/RAFDB/aligned/train_{i:05d}_aligned.jpg {label}'
                   '\n' for i, label in enumerate(labels, 1))


@pytest.mark.parametrize('text', [
    eac(), scn(), '\n'.join(reversed(eac().splitlines()))
], ids=['eac', 'scn', 'other order'])
def test_community_formats(tmp_path, text):
    assert read(tmp_path / 'noise.txt', text).tolist() == NOISY


def test_numbers_are_of_the_official_order(tmp_path):
    """Also where the dataset is read in another label space."""
    space = LabelSpace.get('affectnet8')
    mapping = SPACE.map_to(space)
    noisy = read(tmp_path / 'noise.txt', eac(), space, clean=mapping[CLEAN])
    assert noisy.tolist() == mapping[NOISY].tolist()
    noisy = read(tmp_path / 'noise.txt', scn(), clean=CLEAN,
                 classes='affectnet7')
    names = LabelSpace.get('affectnet7').classes
    assert [SPACE.classes[i] for i in noisy] == [names[i] for i in NOISY]


def test_first_label_can_be_told(tmp_path):
    text = eac([1, 1, 1, 3, 3, 3, 3])
    noisy = read(tmp_path / 'a.txt', text, first_label=1)
    assert noisy.tolist() == [1, 1, 1, 3, 3, 3, 3]
    noisy = read(tmp_path / 'a.txt', text, first_label=0)
    assert noisy.tolist() == [2, 2, 2, 4, 4, 4, 4]


def test_table_by_class_name(tmp_path):
    rows = [f'{name},{SPACE.classes[label]}'
            for name, label in zip(NAMES, NOISY)]
    text = '\n'.join(['name,label', *rows])
    assert read(tmp_path / 'noise.csv', text).tolist() == NOISY
    rows = [f'{row},{name}' for row, name in zip(rows, SPACE.classes)]
    text = '\n'.join(['name,label,clean', *rows])
    assert read(tmp_path / 'noise.csv', text).tolist() == NOISY


def test_paths_decide_where_file_names_are_shared(tmp_path):
    names = ['fear/1.png', 'anger/1.png']
    text = 'name,label\nfear/1.png,fear\nanger/1.png,fear\n'
    noisy = read(tmp_path / 'a.csv', text, names=names,
                 clean=np.array([1, 5]))
    assert noisy.tolist() == [1, 1]


def test_rows_of_absent_samples_can_be_ignored(tmp_path):
    noisy = read(tmp_path / 'a.txt', eac() + 'train_00099.jpg 1\n',
                 unknown='ignore')
    assert noisy.tolist() == NOISY


def raf_tree(shared, root):
    """The official list without images."""
    (root / 'EmoLabel').mkdir(parents=True)
    (root / 'Image/aligned').mkdir(parents=True)
    lists = shared / 'data/labels/raf_basic'
    (root / 'EmoLabel/list_patition_label.txt').symlink_to(
        lists / 'list_patition_label.txt')
    return lists


# Flipped rows, counted apart from this code; rates 10.11, 20.36, 30.33 %.
@pytest.mark.parametrize('name, flipped', [('noise01', 1241),
                                           ('noise02', 2498),
                                           ('noise03', 3722)])
def test_real_lists(shared, tmp_path, monkeypatch, name, flipped):
    monkeypatch.setattr(RAFDB, 'require_first_image', False)
    lists = raf_tree(shared, tmp_path)
    dataset = RAFDB(str(tmp_path), noise=dict(
        type='FileNoise', file=str(lists / f'{name}.txt')))
    assert len(dataset) == 12271
    told = dataset.protocol()['noise']
    assert told['flipped'] == flipped
    assert told['rate'] == pytest.approx(flipped / 12271)
    wanted = {row.split()[0]: int(row.split()[1]) - 1
              for row in (lists / f'{name}.txt').read_text().splitlines()}
    for i in range(0, 12271, 97):
        info = dataset.get_data_info(i)
        key = info['img_path'].split('/')[-1].replace('_aligned', '')
        assert info['gt_label'] == wanted[key]
    official = RAFDB.OFFICIAL_COUNTS['train']
    counts = np.bincount(dataset.clean_labels(), minlength=7)
    assert dict(zip(SPACE.classes, counts.tolist())) == official
    assert dataset.protocol()['class_counts'] == official


def test_real_list_of_the_wrong_split(shared, tmp_path, monkeypatch):
    monkeypatch.setattr(RAFDB, 'require_first_image', False)
    lists = raf_tree(shared, tmp_path)
    noise = dict(type='FileNoise', file=str(lists / 'noise01.txt'))
    with pytest.raises(AnnotationError, match='no such sample.*train_00001'):
        RAFDB(str(tmp_path), split='test', noise=noise)


CSV = 'name,label,clean\n'


@pytest.mark.parametrize('name, text, line, told', [
    ('a.txt', '', None, 'empty list'),
    ('a.txt', eac()[:-len('train_00007.jpg 7\n')], None,
     'no row for 1 of 7 .*00007'),
    ('a.txt', eac() + 'train_00008.jpg 1\n', 8, 'no such sample.*00008'),
    ('a.txt', eac() + 'train_00002.jpg 3\n', 8, 'second row.*00002'),
    ('a.txt', eac([0, 1, 2, 3, 4, 5, 7]), 7, r'outside \[0, 7\]'),
    ('a.txt', scn([0, 1, 2, 3, 4, 5, 7]), None, 'set first_label'),
    ('a.txt', scn([0, 1, 2, 3, 4, 5, -1]), 7, r'outside \[0, 7\]'),
    ('a.txt', scn([1, 1, 2, 3, 4, 5, 5]), None, 'from 1 to 5.*first_label'),
    ('a.txt', eac().replace(' 4', ' happy'), 4, 'not a number.*happy'),
    ('a.txt', eac().replace(' 4', ' 3.5'), 4, 'not an integer'),
    ('a.txt', eac().replace(' 4', ''), 4, '1 columns'),
    ('a.txt', eac().replace(' 4', ' 4 0.9'), 4, '3 columns'),
    ('a.csv', 'image,label\na,fear\n', 1, 'missing columns.*name'),
    ('a.csv', 'name,label\nx,fear\n', 2, 'no such sample'),
    ('a.csv', f'name,label\n{NAMES[0]},hapy\n', 2, 'not in the label space'),
    ('a.csv', f'name,label\n{NAMES[0]},contempt\n', 2,
     'not in the label space'),
    ('a.csv', f'{CSV}{NAMES[0]},fear,anger\n', 2,
     "has the label 'surprise'.*other annotations"),
    ('a.csv', f'{CSV}{NAMES[0]},fear\n', 2, '2 cells'),
    ('a.csv', 'name,label\n', None, 'no row for 7 of 7'),
], ids=['empty', 'missing row', 'unknown name', 'named twice', 'label above',
        'zero and seven', 'negative label', 'counts from 0 or 1',
        'word as label', 'fraction', 'one column', 'three columns',
        'no name column', 'unknown name in table', 'misspelt class',
        'class not in use', 'made for other labels', 'short row',
        'table without rows'])
def test_bad_list(tmp_path, name, text, line, told):
    with pytest.raises(AnnotationError, match=told) as error:
        read(tmp_path / name, text)
    assert str(tmp_path / name) in str(error.value)
    assert error.value.line == line


def test_bad_label_outside_the_told_range(tmp_path):
    for first, text in ((0, eac()), (1, scn())):
        with pytest.raises(AnnotationError, match=rf'outside \[{first}, '):
            read(tmp_path / 'a.txt', text, first_label=first)


def test_bad_label_of_a_dropped_class(tmp_path):
    space = LabelSpace('six', SPACE.classes[:6])
    with pytest.raises(AnnotationError, match='not in the label space'):
        read(tmp_path / 'a.txt', eac(), space, NAMES[:6], CLEAN[:6],
             unknown='ignore')


def test_bad_shared_file_name(tmp_path):
    names = ['fear/1.png', 'anger/1.png']
    with pytest.raises(AnnotationError, match='several samples.*1.png'):
        read(tmp_path / 'a.txt', '1.png 1\n1.png 7\n', names=names,
             clean=np.array([1, 5]))


def test_bad_file_is_missing(tmp_path):
    noise = FileNoise(str(tmp_path / 'none.txt'))
    with pytest.raises(FileNotFoundError, match='none.txt'):
        noise(CLEAN, NAMES, SPACE, SPACE)


@pytest.mark.parametrize('options', [
    dict(first_label=2), dict(first_label='0'), dict(unknown='skip')
], ids=['first label 2', 'first label as text', 'unknown'])
def test_bad_options(options):
    with pytest.raises(ValueError, match=list(options)[0]):
        FileNoise('a.txt', **options)


def test_bad_label_order_of_the_list():
    with pytest.raises(KeyError, match='unknown label space'):
        FileNoise('a.txt', classes='rafbd')
