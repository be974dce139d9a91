# Copyright (c) mmfer contributors.
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger

from mmfer.datasets import FERCSV
from mmfer.structures import AnnotationError


@pytest.fixture
def make(tmp_path):
    """Write a CSV and its images, and read it."""

    def read(text, **kwargs):
        (tmp_path / 'labels.csv').write_text(text)
        for name in 'abcd':
            (tmp_path / f'{name}.png').touch()
        return FERCSV(str(tmp_path), **kwargs)

    return read


def test_names(make):
    dataset = make('path,expression\na.png,Happy\nb.png,neutral\nc.png,joy\n')
    assert dataset.CLASSES == ('neutral', 'happiness')
    assert dataset.get_gt_labels().tolist() == [1, 0, 1]
    assert set(dataset[0]) == {'img_path', 'gt_label', 'sample_idx'}


def test_indices_follow_the_label_space(make):
    text = 'path,expression\na.png,0\nb.png,6\nc.png,fear\n'
    dataset = make(text, label_space='rafdb')
    assert [dataset.CLASSES[i] for i in dataset.get_gt_labels()
            ] == ['surprise', 'neutral', 'fear']


def test_known_classes_outside_the_label_space_are_dropped(make):
    dataset = make('path,expression\na.png,contempt\nb.png,anger\n',
                   label_space='rafdb')
    assert len(dataset) == 1 and dataset.dropped == dict(contempt=1)


def test_classes_of_your_own(make):
    dataset = make('path,expression,votes_Bored\na.png,tired,3\nb.png,1,2\n',
                   label_space=['tired', 'bored'])
    assert dataset.get_gt_labels().tolist() == [0, 1]


def test_set_label_space_reads_again(make):
    dataset = make('path,expression\na.png,anger\nb.png,fear\n')
    dataset.set_label_space('rafdb')
    assert dataset.get_gt_labels().tolist() == [5, 1]


def test_all_targets(make):
    dataset = make(
        'subject,path,AU12,au4,y0,x0,x1,y1,arousal,valence,expression\n'
        'Ann,a.png,0.5,,2,1,nan,,-0.5,0.25,happy\n'
        ',b.png,5,1,4,3,6,7,,nan,sad\n')
    assert dataset.metainfo['au_names'] == ('AU12', 'AU4')
    first, second = dataset[0], dataset[1]
    for key, values in dict(
            gt_au=[0.5, np.nan], gt_va=[0.25, -0.5],
            gt_landmarks=[[1, 2], [np.nan, np.nan]]).items():
        np.testing.assert_array_equal(first[key], values)
        assert first[key].dtype == np.float32
    assert first['subject'] == 'Ann' and 'subject' not in second
    np.testing.assert_array_equal(second['gt_va'], [np.nan, np.nan])
    assert second['gt_landmarks'].tolist() == [[3, 4], [6, 7]]


VOTES = ('path,expression,votes_happy,votes_fear,votes_contempt\n'
         'a.png,,1,6,1\nb.png,sad,2,2,4\nc.png,nan,5,5,0\n')


def test_confidences(make):
    """Where the cell is empty, SampleBatch takes 1."""
    dataset = make('path,expression,au1,au_confidence,va_confidence\n'
                   'a.png,happy,1,.25,\nb.png,sad,0,1,0\n')
    first, second = dataset.get_data_info(0), dataset.get_data_info(1)
    assert first['au_confidence'] == .25 and 'va_confidence' not in first
    assert second['va_confidence'] == 0
    assert first['au_confidence'].dtype == np.float32


def test_bad_confidence(make):
    with pytest.raises(AnnotationError, match=r'line 2: au_confidence lies '
                       r"outside \[0, 1\]: '1.5'"):
        make('path,expression,au_confidence\na.png,happy,1.5\n')


def test_votes_majority(make):
    dataset = make(VOTES)
    assert dataset.CLASSES == ('happiness', 'sadness', 'fear', 'contempt')
    # Most voted; the expression column wins; the first of equal votes.
    assert [dataset.CLASSES[i] for i in dataset.get_gt_labels()
            ] == ['fear', 'sadness', 'happiness']
    assert dataset.metainfo['vote_names'] == ('happiness', 'fear', 'contempt')
    assert dataset[0]['votes'].tolist() == [1, 6, 1]
    assert 'gt_score' not in dataset[0]


def test_votes_distribution(make):
    dataset = make(VOTES, target='distribution')
    np.testing.assert_allclose(dataset[0]['gt_score'],
                               [1 / 8, 0, 6 / 8, 1 / 8])
    np.testing.assert_allclose(dataset[1]['gt_score'],
                               [1 / 4, 0, 1 / 4, 1 / 2])
    seven = make(VOTES, target='distribution', label_space='affectnet7')
    np.testing.assert_allclose(
        seven[0]['gt_score'], [0, 1 / 7, 0, 0, 6 / 7, 0, 0], rtol=1e-6)


def test_rows_without_label_are_counted(make):
    dataset = make('path,expression\na.png,\nb.png,fear\nc.png,nan\n')
    assert len(dataset) == 1
    assert dataset.notes[1] == '2 rows without label left out'


def test_split_column(make):
    text = ('path,expression,split\na.png,fear,train\nb.png,sad,test\n'
            'c.png,sad,\n')
    assert len(make(text)) == 3
    train, test = make(text, split='train'), make(text, split='test')
    assert len(train) == len(test) == 1
    # The order of classes comes from the whole file.
    assert train.CLASSES == test.CLASSES == ('sadness', 'fear')


def test_quotes_order_mark_and_blank_lines(make):
    dataset = make('\ufeffexpression,path\n\nfear,"a.png"\n\n')
    assert len(dataset) == 1


def test_unknown_columns_are_logged(make):
    logger = MMLogger.get_current_instance()
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger.addHandler(handler)
    try:
        make('path,expression,age\na.png,fear,30\n')
    finally:
        logger.removeHandler(handler)
    assert any("columns not read: ['age']" in r.getMessage() for r in records)


def test_same_row_twice_is_kept(make):
    assert len(make('path,expression\na.png,fear\na.png,fear\n')) == 2


def test_images_are_read(make, tmp_path):
    make('path,expression\na.png,fear\n')
    image = np.full((3, 5, 3), 9, np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    dataset = FERCSV(
        str(tmp_path), pipeline=[dict(type='LoadImageFromFile')])
    np.testing.assert_array_equal(dataset[0]['img'], image)


def test_example_of_the_card(tmp_path):
    card = Path(__file__).parents[2] / 'docs' / 'datasets' / 'your_own.md'
    blocks = card.read_text(encoding='utf-8').split('```')
    table = next(b for b in blocks if b.startswith('\npath,')).strip()
    (tmp_path / 'labels.csv').write_text(table)
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images' / '1.jpg').touch()
    dataset = FERCSV(str(tmp_path), split='train', label_space='affectnet7')
    assert dataset.get_gt_labels().tolist() == [1, 0, 3]
    assert np.isnan(dataset[2]['gt_va']).all()


HEAD = 'path,expression\n'
CASES = dict(
    empty=('', {}, 'line 1: an empty file'),
    header_only=(HEAD, {}, 'no rows below the header'),
    no_path=('image,expression\na.png,fear\n', {}, r"missing.*\['path'\]"),
    no_label=('path,age\na.png,3\n', {}, 'no column of labels'),
    column_twice=('path,path\na,b\n', {}, 'columns named twice'),
    few_cells=(HEAD + 'a.png\n', {}, 'line 2: 1 cells under a header of 2'),
    many_cells=(HEAD + 'a.png,fear,1\n', {}, 'line 2: 3 cells'),
    path_empty=(HEAD + 'a.png,fear\n,fear\n', {}, 'line 3: no path'),
    expression=(HEAD + 'a.png,fear\nb.png,hapy\n', {},
                "line 3: unknown expression: 'hapy'.*'happiness'.*label_spa"),
    index_without_order=(HEAD + 'a.png,3\n', {}, "line 2: .*'3'.*label_spac"),
    index_high=(HEAD + 'a.png,7\n', dict(label_space='rafdb'),
                r"line 2: .*outside \[0, 6\]: '7'"),
    index_negative=(HEAD + 'a.png,-1\n', dict(label_space='rafdb'),
                    r"line 2: .*outside \[0, 6\]: '-1'"),
    index_fraction=(HEAD + 'a.png,1.5\n', dict(label_space='rafdb'),
                    'line 2: the expression index is not an integer'),
    no_expression_at_all=(HEAD + 'a.png,\n', {}, 'no row has an expression'),
    conflict=(HEAD + 'a.png,fear\nb.png,sad\na.png,sad\n', {},
              "line 4: one image with two labels, fear in line 2.*'a.png'"),
    votes_negative=('path,votes_fear,votes_sad\na.png,3,-1\n', {},
                    "line 2: votes_sad lies outside.*'-1'"),
    votes_zero=('path,votes_fear,votes_sad\na.png,0,0\n', {},
                'line 2: all votes are zero'),
    votes_partly=('path,votes_fear,votes_sad\na.png,3,\n', {},
                  "line 2: votes_sad is not a number: ''"),
    votes_infinite=('path,votes_fear\na.png,inf\n', {}, 'not finite'),
    votes_unknown=('path,votes_hapy\na.png,3\n', {},
                   "line 1: .*unknown expression: 'votes_hapy'"),
    votes_twice=('path,votes_happy,votes_joy\na.png,1,1\n', {},
                 'two columns for one expression'),
    distribution_without_votes=(HEAD + 'a.png,fear\n',
                                dict(target='distribution'),
                                'needs columns votes_EXPRESSION'),
    distribution_row_without_votes=(
        'path,expression,votes_fear\na.png,fear,1\nb.png,sad,\n',
        dict(target='distribution'), 'line 3: no votes for any class'),
    distribution_votes_elsewhere=(
        'path,expression,votes_contempt\na.png,fear,1\n',
        dict(target='distribution', label_space='rafdb'),
        'line 2: no votes for any class'),
    x_without_y=('path,expression,x0,y0,x1\na.png,fear,1,2,3\n', {},
                 r'x0, y0.*belong together.*landmark \[1\]'),
    landmark_gap=('path,expression,x0,y0,x2,y2\na.png,fear,1,2,3,4\n', {},
                  r'without gaps; look at .*landmark \[1\]'),
    half_landmark=('path,expression,x0,y0\na.png,fear,1,\n', {},
                   'line 2: landmark 0 has only one coordinate'),
    au_unknown=('path,expression,au3\na.png,fear,1\n', {},
                "unknown action unit: 'au3'"),
    au_twice=('path,expression,au1,AU01\na.png,fear,1,1\n', {},
              'two columns for one action unit'),
    au_negative=('path,expression,au1\na.png,fear,-1\n', {},
                 r"line 2: au1 lies outside \[0, 5\]: '-1'"),
    valence_range=('path,expression,valence,arousal\na.png,fear,-5,0\n', {},
                   r"line 2: valence lies outside \[-1, 1\]: '-5'"),
    valence_alone=('path,expression,valence\na.png,fear,0\n', {},
                   'valence and arousal belong together'),
    split_value=('path,expression,split\na.png,fear,trian\n', {},
                 "line 2: unknown split: 'trian'.*'train'"),
    split_absent=('path,expression,split\na.png,fear,train\n',
                  dict(split='val'), "no labelled row of split 'val'.*'train"),
    split_column=(HEAD + 'a.png,fear\n', dict(split='train'),
                  "no column split.*split='all'"),
    nul_byte=(HEAD + 'a.png,fe\0ar\n', {}, 'line 2: a NUL byte'),
)


@pytest.mark.parametrize('text, kwargs, message', CASES.values(), ids=CASES)
def test_bad_csv(make, text, kwargs, message):
    with pytest.raises(AnnotationError, match=rf'labels\.csv.*{message}'):
        make(text, **kwargs)


def test_bad_csv_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match='faces.csv: no such file'):
        FERCSV(str(tmp_path), 'faces.csv')


def test_bad_csv_encoding(tmp_path):
    (tmp_path / 'labels.csv').write_bytes(b'path,expression\n\xff\xfe,fear\n')
    with pytest.raises(AnnotationError, match='not UTF-8'):
        FERCSV(str(tmp_path))


def test_bad_image_missing(make):
    with pytest.raises(FileNotFoundError, match='e.png: the first image'):
        make(HEAD + 'e.png,fear\n')


def test_bad_target(make):
    with pytest.raises(ValueError, match="target must be.*'mean'"):
        make(HEAD + 'a.png,fear\n', target='mean')


def test_bad_label_space(make):
    with pytest.raises(KeyError, match="unknown label space 'raf'"):
        make(HEAD + 'a.png,fear\n', label_space='raf')
