# Copyright (c) mmfer contributors.
"""A recipe for flow that is to know neither left nor right."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope

from mmfer.datasets import fer_collate
from mmfer.registry import MODELS

CONFIG = (Path(__file__).parents[2] /
          'configs/megc2019/ststnet-standardized_loso_megc2019.py')


@pytest.fixture(scope='module')
def parts():
    cfg = Config.fromfile(CONFIG)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        torch.manual_seed(0)
        model = MODELS.build(
            dict(cfg.model, data_preprocessor=cfg.data_preprocessor)).eval()
        return model, Compose(cfg.pipeline[1:])


def _batch(pipeline, pictures):
    return fer_collate([
        pipeline(dict(img=picture, gt_label=0, sample_idx=i))
        for i, picture in enumerate(pictures)
    ])


def _pictures(number=4):
    """Smooth pictures of a file, as loaded: strain, down, right."""
    rng = np.random.RandomState(0)
    return rng.randint(256, size=(number, 28, 28, 3)).astype(np.uint8)


def _mirrored(pictures):
    other = pictures[:, :, ::-1].copy()
    other[..., 2] = 255 - other[..., 2]
    return other


def test_a_face_and_its_mirror_are_judged_alike(parts):
    model, pipeline = parts
    pictures = _pictures()
    with torch.no_grad():
        one, two = (
            torch.stack([
                sample.pred_score
                for sample in model.test_step(_batch(pipeline, kind))
            ]) for kind in (pictures, _mirrored(pictures)))
        other = torch.stack([
            sample.pred_score for sample in model.test_step(
                _batch(pipeline, pictures[:, :, ::-1]))
        ])
    torch.testing.assert_close(one, two)
    assert not torch.allclose(one, other, atol=1e-4)


def test_training_mirrors_as_testing_does(parts):
    """What the augment gives is the picture, or its mirror in full."""
    model, pipeline = parts
    pictures = _pictures(32)
    torch.manual_seed(0)
    given = model.data_preprocessor(_batch(pipeline, pictures), True)
    plain = model.data_preprocessor(_batch(pipeline, pictures), False)
    inputs, others = plain['inputs'], model.mirrored(plain['inputs'])
    mirrored = (given['inputs'] - inputs).abs().flatten(1).amax(1) > 1e-4
    assert 8 < int(mirrored.sum()) < 24
    torch.testing.assert_close(
        given['inputs'],
        torch.where(mirrored[:, None, None, None], others, inputs))
