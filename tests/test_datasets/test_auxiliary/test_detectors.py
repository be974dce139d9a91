# Copyright (c) mmfer contributors.
"""The outputs of OpenFace, py-feat and LibreFace, real and tiny."""
import csv

import numpy as np
import pytest

from mmfer.datasets.auxiliary import (CSVLabels, LibreFaceLabels,
                                      OpenFaceLabels, PyFeatLabels)
from mmfer.registry import TASK_UTILS
from mmfer.structures import AU_SETS, AnnotationError


def rows_of(path):
    """A table read by another way."""
    with open(path) as file:
        return [{k.strip(): v for k, v in row.items()}
                for row in csv.DictReader(file)]


def landmarks_of(row):
    return [[float(row[f'{axis}_{i}']) for axis in 'xy'] for i in range(68)]


@pytest.mark.parametrize('intensity', [False, True])
def test_real_openface(shared, intensity):
    path = shared / 'data/labels/OpenFace_Test.csv'
    rows = TASK_UTILS.build(dict(
        type='OpenFaceLabels', path=str(path), targets=['landmarks', 'au'],
        intensity=intensity)).read()
    wanted = rows_of(path)
    assert rows.names == [f'OpenFace_Test/{i:05d}' for i in range(1, 101)]
    column = f"AU%02d_{'r' if intensity else 'c'}"
    good = [row['success'] == '1' for row in wanted]
    assert any(good)
    for i, row in enumerate(wanted):
        if good[i]:
            np.testing.assert_allclose(rows.fields['gt_au'][i], [
                float(row[column % u]) for u in AU_SETS['openface2']])
            np.testing.assert_allclose(rows.fields['gt_landmarks'][i],
                                       landmarks_of(row))
    np.testing.assert_allclose(rows.fields['au_confidence'], [
        float(row['confidence']) * ok for row, ok in zip(wanted, good)])
    assert {a.dtype for a in rows.fields.values()} == {np.dtype('float32')}


def test_real_pyfeat(shared):
    path = shared / 'data/labels/Feat_Test.csv'
    rows = PyFeatLabels(str(path), targets=['au', 'landmarks'],
                        root='/Users/Esh/Documents').read()
    row, = rows_of(path)
    assert rows.names == ['pypackages/py-feat/feat/tests/data/single_face']
    np.testing.assert_allclose(rows.fields['gt_au'][0], [
        float(row[f'AU{u:02d}']) for u in AU_SETS['pyfeat']], rtol=1e-6)
    np.testing.assert_allclose(rows.fields['gt_landmarks'][0],
                               landmarks_of(row), rtol=1e-6)
    np.testing.assert_allclose(rows.fields['au_confidence'],
                               float(row['FaceScore']))
    some = PyFeatLabels(str(path), aus=[12, 1], threshold=.57).read()
    assert some.fields['gt_au'].tolist() == [[1, 0]]
    assert set(some.fields) == {'gt_au', 'au_confidence'}


def write(path, text):
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


OPENFACE = 'frame, confidence, success, AU01_c, AU12_c, AU12_r\n'


def test_openface_masks(tmp_path):
    write(tmp_path / 'v.csv', OPENFACE + '1, .9, 1, 0, 1, 2.5\n'
          '2, .4, 1, 1, 1, 0\n3, .9, 0, 1, 1, 0\n4, .5, 1,, 1, 0\n')
    rows = OpenFaceLabels(str(tmp_path / 'v.csv'), aus=[12, 1],
                          min_confidence=.5).read()
    nan = np.nan
    np.testing.assert_array_equal(rows.fields['gt_au'], [
        [1, 0], [nan, nan], [nan, nan], [1, nan]])
    np.testing.assert_allclose(rows.fields['au_confidence'], [.9, .4, 0, .5])
    rows = OpenFaceLabels(str(tmp_path / 'v.csv'), aus=[12],
                          intensity=True).read()
    assert rows.fields['gt_au'][0] == 2.5


def test_openface_names(tmp_path):
    """A file an image, in folders; a file a video; names that were added."""
    image = 'face, confidence, AU01_c\n0, .8, 1\n1, .7, 0\n'
    write(tmp_path / 'a/train/x_1.csv', image)
    write(tmp_path / 'a/y.jpg.csv', image)
    rows = OpenFaceLabels(str(tmp_path / 'a'), aus=[1]).read()
    assert rows.names == ['train/x_1'] * 2 + ['y'] * 2
    assert rows.lines.tolist() == [2, 3, 2, 3]

    write(tmp_path / 'b/v1.csv', OPENFACE + '3,1,1,1,1,1\n')
    rows = OpenFaceLabels(str(tmp_path / 'b'), aus=[1], first_frame=0,
                          frame_name='{file}/img{frame}').read()
    assert rows.names == ['v1/img2']

    write(tmp_path / 'c.csv', 'path,' + OPENFACE + 'q/1.jpg,3,1,1,1,1,1\n')
    rows = OpenFaceLabels(str(tmp_path / 'c.csv'), aus=[1]).read()
    assert rows.names == ['q/1']


def test_pyfeat_videos_and_missing_faces(tmp_path):
    path = write(tmp_path / 'a.csv', 'frame,FaceScore,AU01,input\n'
                 '0,.9,.25,d/v.mp4\n7,,,d/v.mp4\n')
    rows = PyFeatLabels(str(path), aus=[1], root='d').read()
    assert rows.names == ['v/00001', 'v/00008']
    np.testing.assert_array_equal(rows.fields['gt_au'], [[.25], [np.nan]])
    np.testing.assert_allclose(rows.fields['au_confidence'], [.9, 0])


def test_libreface(tmp_path):
    presence = ','.join(f'au_{u}' for u in AU_SETS['libreface_presence'])
    strength = ','.join(f'au_{u}_intensity'
                        for u in AU_SETS['libreface_intensity'])
    zeros = ','.join('0' * 12)
    path = write(tmp_path / 'a.csv',
                 f',input_image_path,facial_expression,{presence},{strength}\n'
                 f'0,d/1.jpg,Happiness,1,{zeros[2:]},{zeros[:-1]}4.5\n')
    rows = LibreFaceLabels(str(path)).read()
    assert rows.names == ['d/1'] and not rows.rated
    assert rows.fields['gt_au'].tolist() == [[1] + [0] * 11]
    assert rows.fields['au_confidence'].tolist() == [1]
    rows = LibreFaceLabels(str(path), intensity=True).read()
    assert rows.fields['gt_au'].tolist() == [[0] * 11 + [4.5]]


def test_general_csv(tmp_path):
    path = write(tmp_path / 'a.csv', 'au12,path,valence,arousal,x0,y0,AU1,'
                 'confidence,va_confidence\n'
                 '5,1.jpg,.5,-1,3,4,,.75,.25\n,2.jpg,,,,,0,1,1\n')
    labels = CSVLabels(str(path), detector='me')
    assert labels.targets == ('au', 'va', 'landmarks')
    assert labels.au_names == ('AU12', 'AU1')
    rows, nan = labels.read(), np.nan
    np.testing.assert_array_equal(rows.fields['gt_au'], [[5, nan], [nan, 0]])
    np.testing.assert_array_equal(rows.fields['gt_va'], [[.5, -1], [nan] * 2])
    np.testing.assert_array_equal(rows.fields['gt_landmarks'],
                                  [[[3, 4]], [[nan, nan]]])
    assert rows.fields['au_confidence'].tolist() == [.75, 1]
    assert rows.fields['va_confidence'].tolist() == [.25, 1]
    assert rows.confidence.tolist() == [.25, 1]
    masked = CSVLabels(str(path), targets=['va'], min_confidence=.5).read()
    assert np.isnan(masked.fields['gt_va'][0]).all()
    assert set(masked.fields) == {'gt_va', 'va_confidence'}


def test_a_column_that_was_never_filled_in(tmp_path):
    """As the table of predictions of a model without a confidence."""
    path = write(tmp_path / 'a.csv', 'path,confidence,au1\na,,1\nb,,0\n')
    rows = CSVLabels(str(path)).read()
    assert rows.fields['au_confidence'].tolist() == [1, 1]
    assert rows.fields['gt_au'].ravel().tolist() == [1, 0]
    path = write(tmp_path / 'b.csv', 'path,confidence,au1\na,.5,1\nb,,0\n')
    rows = CSVLabels(str(path)).read()
    assert rows.fields['au_confidence'].tolist() == [.5, 0]


@pytest.mark.parametrize('kind, text, options, message', [
    (OpenFaceLabels, 'path,au1\na,1\n', {}, 'no an output of OpenFace 2: 18'),
    (OpenFaceLabels, OPENFACE + '1,.9,1,0,1,2\n', dict(aus=[2]), 'AU02_c'),
    (OpenFaceLabels, OPENFACE + '1,.9,1,0,2,2\n', dict(aus=[12]),
     'line 2: AU12_c lies outside .0, 1.: 2'),
    (OpenFaceLabels, OPENFACE + '1,.9,1,0,1,2\n2,1.5,1,0,1,2\n',
     dict(aus=[12]), 'line 3: confidence lies outside'),
    (OpenFaceLabels, OPENFACE + ',.9,1,0,1,2\n', dict(aus=[12]),
     "line 2: no number in column 'frame'"),
    (OpenFaceLabels, OPENFACE, dict(aus=[12]), 'no row'),
    (OpenFaceLabels, OPENFACE + '1,.9,1,0,1\n', dict(aus=[12]), 'line 2: 5'),
    (PyFeatLabels, 'FaceScore,AU01,input\n.9,.1,\n', dict(aus=[1]),
     "line 2: no name in column 'input'"),
    (CSVLabels, 'path,expression\na,happy\n', {}, 'neither action units'),
    (CSVLabels, 'path,au3\na,1\n', {}, "unknown action units: .'au3'"),
    (CSVLabels, 'au1\n1\n', {}, 'no column path'),
    (CSVLabels, 'path,au1\na,6\n', {}, r'line 2: au1 lies outside \[0, 5\]'),
    (CSVLabels, 'path,valence\na,1\n', {}, "'arousal'"),
    (CSVLabels, 'path,valence,arousal\na,1,-2\n', {}, 'line 2: arousal lies'),
    (CSVLabels, 'path,au1\na,1\n', dict(targets=['va']), "'valence'"),
    (CSVLabels, 'path,x0,y0\n', {}, 'no row'),
], ids=lambda value: getattr(value, '__name__', None))
def test_bad_file(tmp_path, kind, text, options, message):
    path = write(tmp_path / 'a.csv', text)
    with pytest.raises(AnnotationError, match=message):
        kind(str(path), **options).read()


@pytest.mark.parametrize('options, error, message', [
    (dict(targets='au'), ValueError, "got 'au'"),
    (dict(targets=['va']), ValueError, 'OpenFaceLabels must be some of'),
    (dict(targets=[]), ValueError, 'must be some of'),
    (dict(min_confidence=2), ValueError, 'min_confidence must lie'),
    (dict(aus=[3]), KeyError, r'\[3\]'),
    (dict(aus='disfas'), KeyError, 'disfas'),
    (dict(path='nowhere.csv'), FileNotFoundError, 'nowhere.csv: no such'),
    (dict(path=''), FileNotFoundError, 'no CSV file in this folder'),
])
def test_bad_options(tmp_path, options, error, message):
    write(tmp_path / 'a.csv', OPENFACE)
    if options.get('path') == '':
        (tmp_path / 'empty').mkdir()
    path = {'': 'empty', None: 'a.csv'}.get(options.pop('path', None),
                                            'nowhere.csv')
    with pytest.raises(error, match=message):
        OpenFaceLabels(str(tmp_path / path), **options)
