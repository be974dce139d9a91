# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from mmengine.config import Config

from mmfer.apis.inference import FacePipeline, face_size
from mmfer.apis.pictures import Picture
from mmfer.datasets.transforms import ALIGN_RECIPES
from mmfer.errors import ConfigError
from mmfer.structures import DetectedFace

RNG = np.random.default_rng(0)
PICTURE = Picture(RNG.integers(0, 256, (120, 160, 3), dtype=np.uint8), 'a')
TEMPLATE = np.array(ALIGN_RECIPES['arcface112']['points'])
FACE = DetectedFace(np.array([40., 20., 100., 100.]),
                    TEMPLATE * 0.7 + (30, 15))
ALIGN = dict(type='FaceAlign', recipe='arcface112')


def _config(*steps, **dataset):
    pipeline = [dict(type='LoadFERImage'), *steps, dict(type='PackFERInputs')]
    dataset = dict(type='FERCSV', pipeline=pipeline, **dataset)
    # As cross-validation wraps it.
    return Config(dict(test_dataloader=dict(dataset=dict(
        type='KFoldDataset', dataset=dataset))))


RESIZE = dict(type='FaceResize', size=56)


@pytest.mark.parametrize('steps, training, landmarks, align, recipe', [
    ([RESIZE], {}, 5, None, 'box-margin'),
    ([RESIZE], dict(align='as distributed'), 0, None, 'box-margin'),
    ([RESIZE], dict(align='as distributed', trained_on=['RAFDB/train']), 5,
     None, 'rafdb100'),
    ([RESIZE], dict(trained_on=['RAFDB/train']), 0, None, 'box-margin'),
    ([RESIZE], dict(align='arcface112'), 5, None, 'arcface112'),
    ([ALIGN, RESIZE], {}, 5, None, 'arcface112'),
    ([ALIGN, RESIZE], dict(align='arcface112'), 68, None, 'arcface112'),
    ([ALIGN, RESIZE], dict(align='rafdb100'), 5, 'rafdb100', 'rafdb100'),
    ([ALIGN, RESIZE], {}, 0, 'box-margin', 'box-margin'),
    ([ALIGN, RESIZE], {}, 0, 'none', 'none'),
    ([], dict(input_size=[56, 56]), 0, 'none', 'none'),
])
def test_alignment(steps, training, landmarks, align, recipe):
    pipeline = FacePipeline(_config(*steps), training, landmarks, align)
    assert pipeline.recipe == recipe
    packed = pipeline(PICTURE, FACE)
    assert packed['inputs'].shape == (3, 56, 56)
    sample = packed['data_samples']
    # Where the recipe puts the points, its pixel borders scaled along.
    if recipe == 'arcface112':
        np.testing.assert_allclose(
            sample.gt_landmarks, (TEMPLATE + 0.5) / 2 - 0.5, atol=1e-3)
    middle = sample.affine @ (69.5, 59.5, 1)
    if recipe == 'box-margin':
        np.testing.assert_allclose(middle, 27.5, atol=1e-6)
    if recipe == 'none':
        np.testing.assert_allclose(
            sample.affine @ (159.5, 119.5, 1), 55.5, atol=1e-6)


def test_size():
    assert face_size(_config(RESIZE), dict(input_size=[9, 9])) == (56, 56)
    assert face_size(_config(image_size=112), {}) == (112, 112)
    assert face_size(_config(), dict(input_size=[9, 8])) == (9, 8)


@pytest.mark.parametrize('steps, training, landmarks, align, told', [
    ([ALIGN], dict(align='rafdb100'), 5, None, 'trained on faces aligned by'),
    ([ALIGN], {}, 0, None, 'needs landmarks, and the detector gives none'),
    ([RESIZE], dict(align='arcface112'), 0, None, 'needs landmarks'),
    ([RESIZE], {}, 5, 'centre', "no recipe 'centre'"),
    ([], {}, 5, None, 'the size of the crops'),
], ids=['mismatch', 'no points', 'no points stored', 'recipe', 'size'])
def test_bad_pipelines(steps, training, landmarks, align, told):
    with pytest.raises(ConfigError, match=told) as error:
        FacePipeline(_config(*steps), training, landmarks, align)
    assert 'Hint: ' in str(error.value)


def test_bad_config_without_test_set():
    with pytest.raises(ConfigError, match='no test_dataloader'):
        FacePipeline(Config(dict(model=1)), {}, 5)
