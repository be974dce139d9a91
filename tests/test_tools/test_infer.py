# Copyright (c) mmfer contributors.
"""tools/infer.py and tools/deployment/export_onnx.py, as users call them."""
import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ..test_apis.test_pictures import write_video


def test_a_folder(trained, tool, tmp_path, capsys):
    """A table and drawn pictures; a broken picture does not stop it."""
    faces = tmp_path / 'faces'
    faces.mkdir()
    for path in (trained.data / 'data/FER2013Test').glob('*[0-3].png'):
        (faces / path.name).write_bytes(path.read_bytes())
    (faces / 'broken.png').write_bytes(b'')
    number = len(list(faces.iterdir()))
    assert tool('infer', trained.config, trained.checkpoint, faces,
                '--detector', 'whole-image', '--out', 'out/faces.json',
                '--out-dir', 'drawn') is None
    told = capsys.readouterr().out
    assert f'{number} pictures, {number - 1} faces: ' in told
    assert '1 pictures could not be read' in told
    content = json.loads((tmp_path / 'out/faces.json').read_text())
    assert len(content['pictures']) == number
    assert len(list((tmp_path / 'drawn').glob('*_faces.jpg'))) == number - 1


def test_a_video_with_known_faces(trained, tool, tmp_path, capsys):
    frames = [np.full((64, 80, 3), 20 * i, np.uint8) for i in range(5)]
    write_video(tmp_path / 'v.avi', frames)
    # One face has landmarks, the others have none.
    (tmp_path / 'boxes.csv').write_text(
        'path,frame,left,top,right,bottom,x0,y0\n' + ''.join(
            f'v.avi,{i},8,8,56,56,{points}\n'
            for i, points in ((1, ','), (2, '20,30'), (4, ','))))
    assert tool('infer', trained.config, trained.checkpoint, 'v.avi',
                '--boxes', 'boxes.csv', '--smooth', '0.5', '--out',
                'found.csv', '--out-dir', '.', '--batch-size', '2') is None
    rows = list(csv.DictReader(open('found.csv')))
    assert [row['track'] for row in rows] == ['', '0', '0', '', '0']
    assert [row['x0'] for row in rows] == ['', '', '20.0', '', '']
    capture = cv2.VideoCapture('v_faces.mp4')
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert '5 pictures, 3 faces' in capsys.readouterr().out


def test_a_picture_on_the_terminal(trained, tool, tmp_path, capsys):
    cv2.imwrite('p.png', np.zeros((30, 20, 3), np.uint8))
    assert tool('infer', trained.config, trained.checkpoint, 'p.png',
                '--detector', 'whole-image') is None
    told = capsys.readouterr().out
    assert 'faces aligned by: none' in told and ', box 0 0 20 30' in told


def test_real_pictures(shared, trained, tool, tmp_path):
    """No face, several, an alpha channel, a video that begins without."""
    weights, = (shared / 'data/weights').glob('face_detection_yunet*.onnx')
    samples = shared / 'data/samples'
    capture = cv2.VideoCapture(str(samples / 'noface_face.mov'))
    frames = [capture.read()[1] for _ in range(160)][::20]
    write_video(tmp_path / 'v.avi', [
        cv2.resize(frame, None, fx=0.25, fy=0.25) for frame in frames])
    for path in (samples / 'Image_with_alpha.png',
                 samples / 'multi_face.jpg', tmp_path / 'v.avi'):
        assert tool('infer', trained.config, trained.checkpoint, path,
                    '--detector', 'yunet', '--detector-weights', weights,
                    '--out', f'{path.stem}.csv') is None
    assert [row['face'] for row in csv.DictReader(open('multi_face.csv'))
            ] == list('01234')
    rows = list(csv.DictReader(open('v.csv')))
    assert {row['frame'] for row in rows if row['face']}
    assert {row['frame'] for row in rows if not row['face']}


# What a user may get wrong -> what the line must tell.
BAD = dict(
    no_input=(['gone.jpg'], 'gone.jpg: no such file or folder'),
    no_model=(['p.png'], 'neither a config file nor a model', 'nonsense'),
    no_checkpoint=(['p.png'], 'gone.pth: no such checkpoint', None,
                   'gone.pth'),
    no_network=(['p.png'], 'cannot be fetched', None,
                'http://127.0.0.1:9/x.pth'),
    mismatch=(['p.png'], 'does not fit', 'dan_resnet18_1xb64_synthetic'),
    no_camera=(['--camera', '987'], 'camera 987: cannot be opened'),
    no_video=(['cut.mp4'], 'cut.mp4: cannot be opened'),
    cut_picture=(['cut.png'], 'cut.png: cannot be decoded'),
    no_display=(['p.png', '--show'], 'there is no display'),
    no_place=(['p.png', '--out-dir', 'p.png/x'], 'cannot be written'),
    ending=(['p.png', '--out', 'x.txt'], '.csv or .json'),
    no_boxes=(['p.png', '--boxes', 'gone.csv'], 'gone.csv: no such file'),
    smooth=(['p.png', '--smooth', '0.5'], 'cannot be smoothed'),
    no_heads=(['p.png', '--attention', 'heads'], 'no neck with attention'))


@pytest.mark.parametrize('kind', BAD)
def test_bad_calls(trained, tool, tmp_path, monkeypatch, kind):
    """One line that names the mistake and the remedy, no traceback."""
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    cv2.imwrite('p.png', np.zeros((30, 20, 3), np.uint8))
    for name in ('cut.png', 'cut.mp4'):
        Path(name).write_bytes(b'nothing')
    arguments, told, *rest = BAD[kind]
    config, checkpoint = [*rest, None, None][:2]
    detector = () if '--boxes' in arguments else ('--detector', 'whole-image')
    end = tool('infer', config or trained.config,
               checkpoint or trained.checkpoint, *arguments, *detector)
    assert isinstance(end, str) and '\n' not in end, end
    assert told in end and ('Remedy: ' in end or 'Hint: ' in end)


@pytest.mark.parametrize('arguments, told', [
    ([], 'or --camera'),
    (['p.png', '--camera', '0'], 'or --camera'),
    (['p.png', '--detector', 'yunet'], 'needs --detector-weights'),
    (['p.png', '--detector', 'haar'], 'invalid choice'),
], ids=['nothing', 'both', 'weights', 'detector'])
def test_bad_usage(tool, capsys, arguments, told):
    assert tool('infer', 'c.py', 'x.pth', *arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.slow
def test_export(trained, tool, capsys):
    pytest.importorskip('onnxscript')
    pytest.importorskip('onnxruntime')
    assert tool('deployment/export_onnx', trained.config, trained.checkpoint,
                '--out', 'new/toy.onnx') is None
    assert 'pred_score: differs' in capsys.readouterr().out
    cv2.imwrite('p.png', np.zeros((30, 20, 3), np.uint8))
    assert tool('infer', trained.config, 'new/toy.onnx', 'p.png',
                '--detector', 'whole-image', '--backend',
                'onnxruntime') is None
    assert ', box 0 0 20 30' in capsys.readouterr().out
