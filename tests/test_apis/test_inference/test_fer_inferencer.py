# Copyright (c) mmfer contributors.
import os
import warnings

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain import FeatureExtractor, ImageClassificationInferencer
from mmpretrain.registry import MODELS

from mmfer.apis import FERInferencer
from mmfer.apis.detectors import GivenBoxes
from mmfer.apis.inference import fer_inferencer
from mmfer.apis.pictures import Picture
from mmfer.datasets.transforms import FaceAlign
from mmfer.errors import ConfigError
from mmfer.structures import DetectedFace, LabelSpace

from ..test_pictures import write_video

CLASSES = list(LabelSpace.get('ferplus').classes)


@pytest.fixture(scope='module')
def faces(trained):
    """Paths of sixteen pictures of faces, two a class."""
    return sorted(map(str, (trained.data / 'data/FER2013Test').glob('*.png')))


def _inferencer(trained, detector='whole-image', **kwargs):
    return FERInferencer(
        os.fspath(trained.config), os.fspath(trained.checkpoint), detector,
        **kwargs)


@pytest.fixture(scope='module')
def whole_image(trained):
    return _inferencer(trained, batch_size=5)


@pytest.fixture(scope='module')
def scores(whole_image, faces):
    """The scores of all faces, ``(16, 8)``."""
    found = whole_image(faces)
    assert [picture.source for picture in found] == faces
    return np.array([list(picture.faces[0].scores.values())
                     for picture in found])


def test_agrees_with_mmpretrain(trained, whole_image, faces, scores):
    assert whole_image.pipeline.recipe == 'none'
    assert whole_image.classes == CLASSES
    theirs = ImageClassificationInferencer(
        os.fspath(trained.config), pretrained=os.fspath(trained.checkpoint))
    found = theirs(faces, batch_size=4)
    np.testing.assert_allclose(
        scores, [result['pred_scores'] for result in found], atol=1e-5)
    assert [result['pred_class'] for result in found] == [
        CLASSES[i] for i in scores.argmax(1)]
    # This classifier also looks at the mirror of each picture.
    images = [cv2.imread(path) for path in faces[:3]]
    features = FeatureExtractor(
        os.fspath(trained.config), pretrained=os.fspath(trained.checkpoint))(
            images + [image[:, ::-1].copy() for image in images],
            batch_size=4)
    with torch.no_grad():
        both = whole_image.predict.model.head(
            (torch.stack([feats[-1] for feats in features]), )).softmax(1)
    np.testing.assert_allclose((both[:3] + both[3:]) / 2, scores[:3],
                               atol=1e-5)


@pytest.mark.parametrize('batch_size', [1, 100])
def test_batches_do_not_matter(trained, faces, scores, batch_size):
    found = _inferencer(trained, batch_size=batch_size)(
        [cv2.imread(path) for path in faces])
    np.testing.assert_allclose(
        [list(picture.faces[0].scores.values()) for picture in found],
        scores, atol=1e-5)
    assert found[3].source == '[3]'


def test_several_faces_of_a_picture(trained, faces, whole_image):
    """Each face as if it were cut out and predicted alone."""
    tiles = [cv2.imread(path) for path in faces[:6]]
    mosaic = np.vstack([np.hstack(tiles[:3]), np.hstack(tiles[3:])])
    boxes = [(48. * x, 48. * y, 48. * x + 48, 48. * y + 48)
             for y in range(2) for x in range(3)]
    inferencer = _inferencer(
        trained, GivenBoxes({'[0]': boxes, '[1]': [], '[2]': boxes[:1]}),
        batch_size=4)
    assert inferencer.pipeline.recipe == 'box-margin'
    first, second, third = inferencer([mosaic] * 3)
    assert [len(p.faces) for p in (first, second, third)] == [6, 0, 1]
    align = FaceAlign('box-margin', size=24)
    crops = [align(dict(img=mosaic, gt_bboxes=np.array([face.face.box])))
             ['img'] for face in first.faces]
    for face, alone in zip(first.faces, whole_image(crops)):
        assert face.scores == pytest.approx(alone.faces[0].scores, abs=1e-5)
    assert third.faces[0].scores == pytest.approx(first.faces[0].scores,
                                                  abs=1e-5)
    assert first.faces[0].to_dict()['box'] == [0, 0, 48, 48]


def test_videos(trained, faces, tmp_path):
    """Faces come and go; without smoothing frames are still pictures."""
    face = cv2.resize(cv2.imread(faces[0]), (64, 64))
    path = str(tmp_path / 'v.avi')
    write_video(path, [face] * 6)
    inferencer = _inferencer(trained, GivenBoxes({
        (path, i): [(8 + i, 8, 40 + i, 40)] for i in (1, 2, 4)}))
    plain = inferencer(path)
    smooth = inferencer(path, smoothing=0.5)
    assert [len(found.faces) for found in smooth] == [0, 1, 1, 0, 1, 0]
    assert [found.frame for found in plain] == list(range(6))
    assert plain[1].faces[0].track is None
    mean = None
    for i in (1, 2, 4):
        assert smooth[i].faces[0].track == 0
        now = np.array(list(plain[i].faces[0].scores.values()))
        mean = now if mean is None else (mean + now) / 2
        np.testing.assert_allclose(
            list(smooth[i].faces[0].scores.values()), mean, atol=1e-6)


def test_memory_and_cameras_bound_what_waits(whole_image, monkeypatch):
    """Predictions come while pictures are still read."""
    image = np.zeros((48, 48, 3), np.uint8)

    class Pictures:
        live, fps, read = True, 10, 0

        def __iter__(self):
            for self.read in range(1, 7):
                yield Picture(image, 'camera 0', self.read - 1)

    for live, limit, waits in ((True, None, 1), (False, None, 5),
                               (False, 2 * image.nbytes, 2)):
        if limit:
            monkeypatch.setattr(fer_inferencer, '_WAITING_BYTES', limit)
        pictures = Pictures()
        pictures.live = live
        next(whole_image.stream(pictures))
        assert pictures.read == waits


def test_all_that_a_model_predicts(tmp_path):
    """Action units, valence-arousal and confidence by name; and the mirror
    that a classifier also looks at."""
    cfg = Config(dict(
        default_scope='mmpretrain',
        model=dict(
            type='FERClassifier', flip_test=True,
            backbone=dict(type='ResNet_CIFAR', depth=18, base_channels=4),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(
                type='MultiTaskFERHead', num_classes=7, in_channels=32,
                task_heads=dict(
                    expr=dict(type='ImportanceHead'),
                    au=dict(type='AUHead', au_set='disfa'),
                    va=dict(type='VAHead')))),
        data_preprocessor=dict(type='FERDataPreprocessor'),
        test_dataloader=dict(dataset=dict(type='RAFDB', pipeline=[
            dict(type='LoadFERImage'), dict(type='FaceResize', size=24),
            dict(type='PackFERInputs')]))))
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(
            cfg.model, data_preprocessor=cfg.data_preprocessor)).eval()
    path = str(tmp_path / 'bare.pth')
    torch.save(model.state_dict(), path)
    inferencer = FERInferencer(cfg, path, 'whole-image', device='cpu')
    # A bare checkpoint tells no classes: those of the dataset.
    assert inferencer.classes == list(LabelSpace.get('rafdb').classes)
    image = np.random.default_rng(0).integers(0, 256, (24, 24, 3),
                                              dtype=np.uint8)
    face, = inferencer(image)[0].faces
    inputs = torch.from_numpy(image).permute(2, 0, 1)[None]
    with torch.no_grad():
        sample, = model.test_step(dict(inputs=inputs, data_samples=None))
    np.testing.assert_allclose(list(face.scores.values()), sample.pred_score,
                               atol=1e-6)
    assert list(face.aus) == [f'AU{i}' for i in (
        1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)]
    np.testing.assert_allclose(list(face.aus.values()), sample.pred_au,
                               atol=1e-6)
    np.testing.assert_allclose(face.va, sample.pred_va, atol=1e-6)
    assert face.confidence == pytest.approx(float(sample.pred_confidence),
                                            abs=1e-6)
    assert set(face.to_dict()['va']) == {'valence', 'arousal'}


POINTS = np.array([[18., 20], [32, 20], [25, 27], [20, 33], [30, 33]])


def _given(*numbers):
    """Faces of one picture with so many landmarks each."""
    return GivenBoxes({'[0]': [
        DetectedFace(np.array([10. + i, 10, 40, 40]),
                     np.resize(POINTS, (number, 2)) if number else None)
        for i, number in enumerate(numbers)]})


def test_unlike_numbers_of_landmarks(trained, faces):
    inferencer = _inferencer(trained, _given(5, 0, 2))
    assert len(inferencer(cv2.imread(faces[0]))[0].faces) == 3


def test_models_tell_how_many_landmarks_they_need(tmp_path):
    cfg = Config(dict(
        model=dict(
            type='FERClassifier',
            backbone=dict(type='LandmarkMLP', num_landmarks=5, channels=(6, )),
            head=dict(type='LinearClsHead', num_classes=7, in_channels=6)),
        data_preprocessor=dict(type='FERDataPreprocessor'),
        test_dataloader=dict(dataset=dict(type='RAFDB', pipeline=[
            dict(type='FaceResize', size=24), dict(type='PackFERInputs')]))))
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(
            cfg.model, data_preprocessor=cfg.data_preprocessor)).eval()
    path = str(tmp_path / 'bare.pth')
    torch.save(model.state_dict(), path)

    def run(*numbers, **kwargs):
        return FERInferencer(cfg, path, _given(*numbers), device='cpu',
                             align='none', **kwargs)

    picture = np.zeros((48, 48, 3), np.uint8)
    face, = run(5)(picture)[0].faces
    # As parts of a crop that is half as large as the picture.
    points = torch.tensor((POINTS + 0.5) / 48, dtype=torch.float32)[None]
    with torch.no_grad():
        wanted = model.head(model.backbone(None, points)).softmax(1)[0]
    np.testing.assert_allclose(list(face.scores.values()), wanted, atol=1e-5)
    for numbers, told in (((68, ), 'gives 68'), ((5, 0), 'gives 0 to 5')):
        with pytest.raises(ConfigError, match=f'needs 5 land.*{told}. Hint'):
            run(*numbers)
    with pytest.raises(ConfigError, match='not made for models that need'):
        run(5, attention='cam')


def test_faces_that_cannot_be_aligned_are_left_out(trained, faces):
    upside_down = DetectedFace(
        np.array([0., 0, 40, 40]),
        np.array([[30., 10], [10, 10], [20, 20], [28, 30], [12, 30]]))
    inferencer = _inferencer(trained, GivenBoxes({faces[0]: [upside_down]}),
                             align='arcface112')
    with pytest.warns(UserWarning, match='left out: .*left eye lies on the'):
        assert inferencer(faces[0])[0].faces == []


def test_unreadable_pictures_are_told(whole_image, faces, tmp_path):
    broken = tmp_path / 'broken.png'
    broken.write_bytes(b'no picture')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        first, second = whole_image([str(broken), faces[0]])
    assert 'cannot be decoded' in first.problem and not first.faces
    assert second.problem is None and len(second.faces) == 1


@pytest.mark.parametrize('kwargs, told', [
    (dict(batch_size=0), 'batch_size must be positive, got 0'),
    (dict(backend='tensorrt'), "no backend 'tensorrt'"),
    (dict(attention='eyes'), "no attention 'eyes'"),
    (dict(backend='onnxruntime', attention='cam'), 'gives no attention'),
    (dict(align='arcface112'), 'the detector gives none'),
], ids=lambda value: '' if isinstance(value, str) else '-'.join(value))
def test_bad_arguments(trained, kwargs, told):
    with pytest.raises(ConfigError, match=told) as error:
        _inferencer(trained, **kwargs)
    assert 'Hint: ' in str(error.value)


def test_bad_smoothing_of_pictures(whole_image, faces):
    with pytest.raises(ValueError, match='cannot be smoothed.*Hint'):
        whole_image(faces, smoothing=0.5)
