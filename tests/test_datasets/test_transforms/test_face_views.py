# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS, TRANSFORMS

import mmfer  # noqa: F401
from mmfer.structures import FERDataSample

MIRROR = dict(type='FaceFlip', prob=1.0)


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmpretrain')


def _face():
    img = np.random.default_rng(0).integers(0, 256, (8, 6, 3), np.uint8)
    return dict(img=img, gt_label=2, sample_idx=5)


def _views(*views):
    return TRANSFORMS.build(dict(type='FaceViews', views=views))


def test_views_are_made_from_one_face():
    face = _face()
    before = face['img'].copy()
    out = _views([], [MIRROR])(face)
    assert out['img'].shape == (2, 8, 6, 3)
    np.testing.assert_array_equal(out['img'][0], before)
    np.testing.assert_array_equal(out['img'][1], before[:, ::-1])
    np.testing.assert_array_equal(face['img'], before)
    assert out['gt_label'] == 2 and not out.get('flip')


def test_views_are_erased_independently():
    erase = dict(
        type='RandomErasing', erase_prob=1.0, mode='const', fill_color=(0, ) *
        3)
    np.random.seed(0)
    different = 0
    for _ in range(8):
        first, second = _views([erase], [erase])(_face())['img']
        different += not np.array_equal(first, second)
    assert different > 4


def test_packed_and_normalised_like_single_faces():
    out = _views([], [MIRROR])(_face())
    packed = TRANSFORMS.build(dict(type='PackFERInputs'))(out)
    assert packed['inputs'].shape == (2, 3, 8, 6)
    assert packed['data_samples'].gt_label.tolist() == [2]
    processor = MODELS.build(dict(type='FERDataPreprocessor'))
    views = torch.stack([packed['inputs'], packed['inputs'].flip(-2)])
    expected = torch.stack([
        processor(dict(inputs=views[:, v]))['inputs'] for v in range(2)
    ], dim=1)
    for inputs in (views, list(views)):  # both ways to collate
        samples = [FERDataSample().set_gt_label(i) for i in range(2)]
        done = processor(dict(inputs=inputs, data_samples=samples))
        torch.testing.assert_close(done['inputs'], expected)
        assert done['data_samples'][1].gt_label.tolist() == [1]


def test_bad_batch_augmentation_of_views():
    processor = MODELS.build(
        dict(
            type='FERDataPreprocessor',
            num_classes=7,
            batch_augments=dict(augments=dict(type='Mixup', alpha=1.))))
    views = torch.zeros(2, 2, 3, 8, 8, dtype=torch.uint8)
    samples = [FERDataSample().set_gt_label(i) for i in range(2)]
    with pytest.raises(ValueError, match='several views'):
        processor(dict(inputs=views, data_samples=samples), training=True)


def test_bad_number_of_views():
    with pytest.raises(ValueError, match='two views or more'):
        _views([])


def test_bad_sizes_of_views():
    with pytest.raises(ValueError, match='one size'):
        _views([], [dict(type='FaceResize', size=4)])(_face())
