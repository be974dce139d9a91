# Copyright (c) mmfer contributors.
"""Tables that Excel, Windows, R and pandas wrote."""
import numpy as np
import pytest

from mmfer.datasets import FER2013, FERCSV, AffectNet, EmotioNet, FERPlus
from mmfer.datasets.number_table import read_number_table
from mmfer.datasets.samplers import ClassBalancedSampler
from mmfer.datasets.tables import (fill_unknown, is_unknown, parse_number,
                                   read_csv)
from mmfer.errors import ConfigError
from mmfer.structures import AnnotationError

UNKNOWN = ['', 'nan', 'NaN', '-nan', '-nan(ind)', 'nan(snan)', '1.#QNAN',
           '-1.#IND', '-1.#IND00', 'NA', 'N/A', '#N/A', '<NA>', 'NULL',
           'None', '#NUM!']
NAN = np.nan


@pytest.mark.parametrize('text', UNKNOWN)
def test_spellings_of_unknown(text):
    assert is_unknown(text) and np.isnan(parse_number(text))
    assert fill_unknown(f'1;{text};2', ';') == '1;nan;2'


@pytest.mark.parametrize('text', ['0', '-1', 'nana', 'n', '1.#INF', 'inf',
                                  'no', '1.5', '#', 'nan-1'])
def test_what_is_not_unknown(text):
    assert not is_unknown(text)
    assert fill_unknown(f'1;{text};2', ';') == f'1;{text};2'


def test_infinity_of_windows():
    assert parse_number('1.#INF') == np.inf
    assert parse_number('-1.#INF00') == -np.inf
    for text in ('1_000', 'x', '0,5'):
        with pytest.raises(ValueError):
            parse_number(text)


@pytest.mark.parametrize('content', [
    b'\xef\xbb\xbfA,b\r\nx,1\r\n', b'A;b;;\r\nx;1;;\r\n',
    'A\tb\r\nx\t1\r\n'.encode('utf-16'), b'sep=;\r\nA;b\r\nx;1\r\n',
    b'"","A","b"\n"1","x",1\n', b'Unnamed: 0,A,b,Unnamed: 3\n0,x,1,\n',
    b'A,b\nx,1,,\n', b'A,b,\nx,1\n', b'A,b\rx,1\r', b'b,c,A\n1,2,x\n',
    b',,\nA,b\nx,1\n', b'A ; b \n"x";1\n', b'A,b\n"x","1"\n',
], ids=['BOM', 'semicolons', 'UTF-16', 'sep=', 'R', 'pandas', 'long rows',
        'short rows', 'old Mac', 'order', 'blank row', 'blanks', 'quotes'])
def test_forms_of_one_table(tmp_path, content):
    path = tmp_path / 'a.csv'
    path.write_bytes(content)
    row, = [row for _, row in read_csv(str(path), ('a', 'b'))]
    assert (row['a'], row['b']) == ('x', '1') and '' not in row
    table = read_number_table(str(path), ['B'], 'a')
    assert table.numbers.tolist() == [[1]] and table.texts == ['x']


@pytest.mark.parametrize('content, message', [
    (b'a,b\n1,x,2\n', r'line 2: 3 cells .* row.names = FALSE'),
    (b'a,b\nx,1,2\n', 'double quotes'),
    (b'a|b\nx|1\n', 'separate columns with commas'),
    (b'B,B\nx,1\n', 'columns named twice'),
    (b'a,b\nx,1\n\xfc,2\n', r'line 3: not UTF-8.*CSV UTF-8'),
], ids=['R row names', 'comma', 'pipes', 'twice', 'Latin-1'])
def test_bad_form(tmp_path, content, message):
    path = tmp_path / 'a.csv'
    path.write_bytes(content)
    with pytest.raises(AnnotationError, match=message):
        list(read_csv(str(path), ('b', )))


def test_unknown_cells_in_large_tables(tmp_path):
    """As fast as plain numbers, and equal to reading cell by cell."""
    rng = np.random.default_rng(0)
    cells = rng.choice(['1.5', '-2', *UNKNOWN], (9000, 3))
    path = tmp_path / 'a.csv'
    path.write_text('n;a;b;c\n' + ''.join(
        f'{i};{";".join(row)}\n' for i, row in enumerate(cells)))
    table = read_number_table(str(path), ['b', 'a', 'c'])
    wanted = [[NAN if cell in UNKNOWN else float(cell) for cell in row]
              for row in cells[:, [1, 0, 2]]]
    np.testing.assert_array_equal(table.numbers, wanted)


def own(root, text, name='labels.csv', **kwargs):
    (root / name).write_text(text)
    (root / 'i').mkdir(exist_ok=True)
    for i in range(4):
        (root / f'i/{i}.png').touch()
    return FERCSV(str(root), **kwargs)


def test_own_table_of_windows(tmp_path):
    dataset = own(tmp_path, 'Path;Expression;AU12;Split;\n'
                  'i\\0.png;Happiness;NA;Train;\ni/1.png;SAD;1;Validation;\n'
                  'i\\2.png;N/A;1;train;\n', split='train')
    info, = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert info['img_path'] == str(tmp_path / 'i/0.png')
    assert dataset.CLASSES[info['gt_label']] == 'happiness'
    assert np.isnan(info['gt_au']).all()
    assert dataset.notes[1] == '1 rows without label left out'
    assert len(FERCSV(str(tmp_path), split='valid')) == 1
    (tmp_path / 'i\\3.png').touch()
    dataset = own(tmp_path, 'path,expression\ni\\3.png,sad\n')
    assert dataset.get_data_info(0)['img_path'].endswith('i\\3.png')
    with pytest.raises(AnnotationError, match='decimal point'):
        own(tmp_path, 'path;valence;arousal\ni/0.png;0,5;0\n')


@pytest.mark.parametrize('columns, row, field, value', [
    ('valence,arousal', '.5,-nan(ind)', 'gt_va', [.5, NAN]),
    ('arousal,valence', '.5,-1', 'gt_va', [-1, .5]),
    ('AU12,au01', '1,null', 'gt_au', [1, NAN]),
    ('X0,Y0,x01,y01', '1,2,3,4', 'gt_landmarks', [[1, 2], [3, 4]]),
    ('expression,valence,arousal', ',0,1', 'gt_va', [0, 1]),
])
def test_own_labels_without_expressions(tmp_path, columns, row, field, value):
    cells = ',' * columns.count(',')
    dataset = own(tmp_path, f'path,{columns}\ni/0.png,{row}\n'
                  f'i/1.png,{cells}\n')
    assert len(dataset) == 1 and not dataset.has_expressions
    info = dataset.get_data_info(0)
    assert 'gt_label' not in info
    np.testing.assert_array_equal(info[field],
                                  np.array(value, dtype=np.float32))
    assert dataset.notes[1:] == ['1 rows without label left out',
                                 'no expressions']
    with pytest.raises(ConfigError, match='without a class index.*Hint'):
        ClassBalancedSampler(dataset)
    with pytest.raises(AnnotationError, match='no expressions'):
        own(tmp_path, f'path,{columns}\ni/0.png,{row}\n',
            noise=dict(type='SymmetricNoise', ratio=.5))


def test_own_class_called_none(tmp_path):
    dataset = own(tmp_path, 'path,expression\ni/0.png,None\ni/1.png,\n',
                  label_space=['happiness', 'none'])
    assert dataset.get_gt_labels().tolist() == [1]


def test_votes_of_ferplus_by_name(tmp_path):
    (tmp_path / 'data/FER2013Train').mkdir(parents=True)
    (tmp_path / 'data/FER2013Train/fer0.png').touch()
    (tmp_path / 'fer2013new.csv').write_text(
        '"";nf;Contempt;anger;disgust;fear;happiness;neutral;sadness;surprise;'
        'unknown;more;image name;Usage\n1;0;0;7;0;0;0;2;0;1;0;x;fer0.png;'
        'training\n2;10;0;0;0;0;0;0;0;0;0;x;NA;Training\n')
    dataset = FERPlus(str(tmp_path), votes_from='fer2013new.csv')
    assert dataset.get_data_info(0)['votes'].tolist() == [
        2, 0, 1, 0, 7, 0, 0, 0, 0, 0]
    assert dataset.class_counts()['anger'] == 1 and len(dataset) == 1


def test_affectnet_by_name(tmp_path):
    (tmp_path / 'Manually_Annotated_Images/1').mkdir(parents=True)
    (tmp_path / 'Manually_Annotated_Images/1/a.jpg').touch()
    points = ';'.join(['2'] * 136)
    (tmp_path / 'training.csv').write_text(
        ',Expression,Arousal,VALENCE,facial_landmarks,face_height,face_width,'
        f'face_y,face_x,subdirectory_filepath,\n0,3,NA,.5,{points},40,30,20,'
        '10,1\\a.jpg,\n')
    info = AffectNet(str(tmp_path), release='2017').get_data_info(0)
    assert info['img_path'].endswith('Images/1/a.jpg')
    assert info['gt_label'] == 3
    np.testing.assert_array_equal(info['gt_va'], np.float32([.5, NAN]))
    assert info['gt_bboxes'].tolist() == [[10, 20, 40, 60]]


def test_fer2013_and_emotionet_by_name(tmp_path):
    pixels = ' '.join(['7'] * 2304)
    (tmp_path / 'fer2013.csv').write_text(
        f'USAGE;Pixels;Emotion\ntraining;{pixels};3\n')
    dataset = FER2013(str(tmp_path))
    assert dataset.get_gt_labels().tolist() == [3]
    (tmp_path / 'labels.csv').write_text('url\tau 12\nhttp://x/1.png\t#N/A\n'
                                         'http://x/2.png\t1\n')
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images/2.png').touch()
    assert len(EmotioNet(str(tmp_path))) == 1


@pytest.mark.parametrize('success, spelling, wanted', [
    (0, '-nan(ind)', NAN), (0, '1.#INF', NAN), (1, '1.#QNAN', NAN),
    (1, '1.#INF', 'line 2: AU12_r is not finite')])
def test_openface_of_windows(tmp_path, success, spelling, wanted):
    (tmp_path / 'o.csv').write_text(
        'frame, Confidence, success, au12_R\n'
        f'0, {spelling if not success else 1}, {success}, {spelling}\n')

    def read():
        return own(tmp_path, 'path,expression\no/00000.png,sad\n',
                   auxiliary=dict(type='OpenFaceLabels', aus=[12],
                                  path=str(tmp_path / 'o.csv'),
                                  intensity=True))

    (tmp_path / 'o').mkdir()
    (tmp_path / 'o/00000.png').touch()
    if isinstance(wanted, str):
        with pytest.raises(AnnotationError, match=wanted):
            read()
    else:
        assert np.isnan(read().get_data_info(0)['gt_au']).all()


def test_openface_points_in_space_are_no_pixels(tmp_path):
    (tmp_path / 'o.csv').write_text(
        'path,confidence,success,X_0,Y_0\ni/0.png,1,1,400,300\n')
    with pytest.raises(AnnotationError, match='no landmarks in pixels'):
        own(tmp_path, 'path\ni/0.png\n',
            auxiliary=dict(type='OpenFaceLabels', targets=['landmarks'],
                           path=str(tmp_path / 'o.csv')))
