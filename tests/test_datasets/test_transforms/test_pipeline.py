# Copyright (c) mmfer contributors.
"""Our transforms in MMPretrain's hands."""
import cv2
import mmcv.transforms
import mmengine.registry
import mmpretrain.datasets  # noqa: F401
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope
from mmpretrain import ImageClassificationInferencer

import mmfer.datasets.transforms as ours
from mmfer.registry import TRANSFORMS

OURS = [
    'LoadFERImage', 'FaceAlign', 'FaceResize', 'FacePad', 'FaceCrop',
    'FaceFlip', 'FaceAffine', 'FaceGaussianNoise', 'PackFERInputs'
]


@pytest.fixture
def face(tmp_path):
    y, x = np.mgrid[:70, :60]
    img = np.stack([x * 4, y * 3, 255 - x * 4], -1).astype(np.uint8)
    path = tmp_path / 'face.png'
    cv2.imwrite(str(path), img)
    return str(path), img


@pytest.mark.parametrize('name', OURS)
def test_names_are_registered_once(name):
    assert TRANSFORMS.module_dict[name] is getattr(ours, name)
    assert name not in mmcv.transforms.TRANSFORMS.module_dict
    assert name not in mmengine.registry.TRANSFORMS.module_dict


def compose(*steps):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return Compose(list(steps))


@pytest.mark.parametrize('grey', [False, True])
def test_training_pipeline_with_transforms_of_mmpretrain(face, grey):
    path, img = face
    if grey:
        cv2.imwrite(path, img[..., 0])
    pipeline = compose(
        dict(type='LoadFERImage'),
        dict(type='FaceGaussianNoise'),
        dict(type='FaceAffine', size=48, shift=.1, scale=.15, rotate=15),
        dict(type='FaceCrop', size=44, padding=2), dict(type='FaceFlip'),
        dict(type='ColorJitter', brightness=.3, contrast=.3, saturation=.3),
        dict(type='RandomErasing', erase_prob=1., mode='const',
             fill_color=(1, 2, 3)),
        dict(type='PackFERInputs'))  # yapf: disable
    flips = set()
    for index in range(20):
        out = pipeline(dict(img_path=path, sample_idx=index, gt_label=1,
                            gt_landmarks=np.full((5, 2), 30., np.float32)))
        inputs, sample = out['inputs'], out['data_samples']
        assert inputs.shape == (3, 44, 44) and inputs.dtype == torch.uint8
        erased = (inputs.permute(1, 2, 0) == torch.tensor([1, 2, 3])).all(-1)
        assert 0.01 < erased.float().mean() < 0.45
        assert sample.ori_shape == (70, 60) and sample.img_shape == (44, 44)
        where = sample.affine[:, :2] @ (30, 30) + sample.affine[:, 2]
        np.testing.assert_allclose(sample.gt_landmarks[0], where, atol=1e-3)
        flips.add(sample.flip)
    assert flips == {False, True}


def test_erasing_does_not_reach_the_array_that_was_given(face):
    img = face[1]
    before = img.copy()
    compose(dict(type='LoadFERImage'),
            dict(type='RandomErasing', erase_prob=1.),
            dict(type='PackFERInputs'))(dict(img=img))
    np.testing.assert_array_equal(img, before)


def tiny_config(*steps):
    return Config(
        dict(
            model=dict(
                type='ImageClassifier',
                backbone=dict(type='ResNet', depth=18, stem_channels=8,
                              base_channels=8),
                neck=dict(type='GlobalAveragePooling'),
                head=dict(type='LinearClsHead', num_classes=7,
                          in_channels=64),
                data_preprocessor=dict(mean=[127.] * 3, std=[60.] * 3,
                                       to_rgb=True)),
            test_dataloader=dict(
                dataset=dict(type='FERPlus', pipeline=[
                    dict(type='LoadFERImage'), *steps,
                    dict(type='PackFERInputs')
                ]))))  # yapf: disable


@pytest.mark.parametrize('kind', ['path', 'array', 'grey', 'alpha'])
def test_inferencer_of_mmpretrain(face, kind):
    path, img = face
    if kind == 'grey':
        img = img[..., 0].copy()
    if kind == 'alpha':
        img = np.dstack([img, np.full(img.shape[:2], 255, np.uint8)])
    torch.manual_seed(0)
    inferencer = ImageClassificationInferencer(
        tiny_config(dict(type='FaceResize', size=32)), pretrained=False,
        device='cpu')
    given = path if kind == 'path' else img
    scores = inferencer(given)[0]['pred_scores']
    both = inferencer([given, given], batch_size=2)
    np.testing.assert_allclose(both[1]['pred_scores'], scores, rtol=1e-4)

    # The same by hand, from the file or the array alone.
    bgr = cv2.cvtColor(img, cv2.COLOR_GRAY2BGR) if img.ndim == 2 else img
    small = cv2.resize(bgr[..., :3], (32, 32))
    pixels = torch.tensor(small[..., ::-1].copy()).permute(2, 0, 1)[None]
    with torch.no_grad():
        feats = inferencer.model.extract_feat((pixels - 127.) / 60.)
        want = inferencer.model.head(feats).softmax(1)[0]
    np.testing.assert_allclose(scores, want, atol=1e-5)
    assert scores.std() > 1e-4


def test_bad_inferencer_input_without_landmarks(face):
    inferencer = ImageClassificationInferencer(
        tiny_config(dict(type='FaceAlign', recipe='arcface112')),
        pretrained=False, device='cpu')
    with pytest.raises(ValueError, match='no landmarks.*Hint'):
        inferencer(face[0])
