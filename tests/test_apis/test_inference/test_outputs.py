# Copyright (c) mmfer contributors.
import csv
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mmfer.apis.detectors import GivenBoxes
from mmfer.apis.inference import DrawnPictures, PredictionTable, Window
from mmfer.apis.outputs import OutputError, writable_folder
from mmfer.apis.pictures import Picture
from mmfer.structures import DetectedFace, FacePrediction, PicturePrediction
from mmfer.visualization import FERVisualizer

IMAGE = np.full((60, 80, 3), 128, np.uint8)
FACE = FacePrediction(
    DetectedFace(np.array([1., 2, 30.128, 40]),
                 np.array([[3., 4], [5, 6]]), 0.75),
    dict(anger=0.25, fear=0.75), dict(AU1=0.5), (0.5, -0.5), 0.9, [0.2, 0.8],
    track=3)
PLAIN = FacePrediction(DetectedFace(np.array([0., 0, 9, 9])),
                       dict(anger=1., fear=0.))
FOUND = [
    PicturePrediction('v.mp4', [FACE, PLAIN], 4, 0.16),
    PicturePrediction('v.mp4', [], 5, 0.2),
    PicturePrediction('b.jpg', problem='b.jpg: the file is empty'),
]


def _write(path, landmarks=2):
    table = PredictionTable(str(path), ['anger', 'fear'], ['AU1'], landmarks)
    for found in FOUND:
        table.write(Picture(IMAGE, found.source), found)
    table.close()


def test_csv(tmp_path):
    path = tmp_path / 'deep/er/faces.csv'
    _write(path)
    first, second, none, broken = csv.DictReader(open(path))
    wanted = dict(
        path='v.mp4', frame='4', seconds='0.16', face='0', track='3',
        left='1.0', top='2.0', right='30.13', bottom='40.0',
        detection_score='0.75', expression='fear', confidence='0.9',
        valence='0.5', arousal='-0.5', problem='', score_anger='0.25',
        score_fear='0.75', AU1='0.5', x0='3.0', y0='4.0', x1='5.0', y1='6.0')
    assert first == wanted
    assert (second['face'], second['expression']) == ('1', 'anger')
    assert second['AU1'] == second['valence'] == second['x0'] == ''
    assert (none['frame'], none['face'], none['left']) == ('5', '', '')
    assert broken['problem'] == 'b.jpg: the file is empty'
    # Another run can take the faces from it.
    detector = GivenBoxes.from_csv(str(path))
    again = detector(Picture(IMAGE, 'v.mp4', 4))
    assert [face.box.tolist() for face in again] == [
        [0, 0, 9, 9], [1, 2, 30.13, 40]]
    assert again[1].landmarks.tolist() == FACE.face.landmarks.tolist()
    assert detector(Picture(IMAGE, 'v.mp4', 5)) == []


def test_json(tmp_path):
    _write(tmp_path / 'faces.json')
    content = json.loads((tmp_path / 'faces.json').read_text())
    assert content['classes'] == ['anger', 'fear']
    video, empty, broken = content['pictures']
    assert video == FOUND[0].to_dict()
    assert video['faces'][0]['va'] == dict(valence=0.5, arousal=-0.5)
    assert video['faces'][0]['patch_weights'] == [0.2, 0.8]
    assert set(video['faces'][1]) == {'box', 'detection_score', 'expression',
                                      'scores'}
    assert empty['faces'] == [] and 'problem' in broken


def test_drawn_pictures_and_videos(tmp_path):
    folder = tmp_path / 'drawn'
    drawn = DrawnPictures(str(folder), FERVisualizer())
    for source in ('a/x.png', 'b/x.jpg', '[7]', 'x_2.jpg', 'c/x.png'):
        drawn.write(Picture(IMAGE, source), PicturePrediction(source, [FACE]))
    drawn.write(Picture(None, 'c.jpg'), FOUND[2])
    drawn.close()
    assert sorted(path.name for path in folder.iterdir()) == [
        '7_faces.jpg', 'x_2_2_faces.jpg', 'x_2_faces.jpg', 'x_3_faces.jpg',
        'x_faces.jpg']
    video = DrawnPictures(str(folder), FERVisualizer(), fps=5)
    for found in (FOUND[1], FOUND[0], FOUND[1]):
        video.write(Picture(IMAGE, 'v.mov', 1), found)
    video.close()
    capture = cv2.VideoCapture(str(folder / 'v_faces.mp4'))
    frames = [capture.read() for _ in range(4)]
    assert [good for good, _ in frames] == [True, True, True, False]
    # The card is drawn where there is a face.
    card = [frame[:, -200:].std() for _, frame in frames[:3]]
    assert card[1] > 3 * max(card[0], card[2])


def test_bad_outputs(tmp_path, monkeypatch):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OutputError, match='cannot be written.*Hint'):
        writable_folder(str(tmp_path / 'file/folder'))
    with pytest.raises(OutputError, match='faces.pkl: .*.csv or .json'):
        PredictionTable(str(tmp_path / 'faces.pkl'), [], [], 0)
    monkeypatch.setattr('sys.platform', 'linux')
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OutputError, match='no display.*--out-dir'):
        Window(FERVisualizer())


def test_formulas_in_names_are_quoted(tmp_path):
    table = PredictionTable(str(tmp_path / 'a.csv'), ['anger', 'fear'], [], 0)
    table.write(Picture(IMAGE, '=cmd.jpg'),
                PicturePrediction('=cmd.jpg', [PLAIN]))
    table.close()
    row, = csv.DictReader(open(tmp_path / 'a.csv'))
    assert row['path'] == "'=cmd.jpg" and row['left'] == '0.0'
    faces = GivenBoxes.from_csv(str(tmp_path / 'a.csv'))
    assert len(faces(Picture(IMAGE, '=cmd.jpg'))) == 1


def test_bad_video_on_a_full_disk(tmp_path):
    """OpenCV writes on; the file has no end, or not all its frames."""
    code = '''
import resource, signal, sys
import numpy as np
from mmfer.apis.inference import DrawnPictures
from mmfer.apis.outputs import OutputError
from mmfer.apis.pictures import Picture
from mmfer.structures import PicturePrediction
from mmfer.visualization import FERVisualizer
drawn = DrawnPictures(sys.argv[1], FERVisualizer(), 25.)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
rng = np.random.default_rng(0)
for i in range(30):
    image = rng.integers(0, 255, (120, 160, 3), dtype=np.uint8)
    drawn.write(Picture(image, 'v.avi', i), PicturePrediction('v.avi'))
try:
    drawn.close()
except OutputError as error:
    sys.exit(str(error))
'''
    child = subprocess.run([sys.executable, '-c', code, tmp_path],
                           capture_output=True, text=True)
    assert child.returncode == 1
    assert 'v_faces.mp4: holds' in child.stderr
    assert 'of 30 frames. Hint: check the space' in child.stderr
