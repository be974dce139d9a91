# Copyright (c) mmfer contributors.
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate, pseudo_collate
from mmpretrain.structures import DataSample

from mmfer.datasets.transforms import PackFERInputs
from mmfer.structures import AnnotationError, FERDataSample


def full_sample():
    rng = np.random.default_rng(0)
    return dict(
        img=rng.integers(0, 256, (6, 5, 3), dtype=np.uint8),
        img_path='d.png', sample_idx=12, ori_shape=(48, 48), img_shape=(6, 5),
        flip=True, subject='S005', source_set='samm',
        align=dict(recipe='rafdb100'), ambiguity=.5,
        affine=np.eye(3)[:2], votes=np.arange(10), gt_label=3,
        gt_score=np.array([.1, .2, .3, .4], np.float32),
        gt_au=np.array([0, 1, np.nan], np.float32),
        gt_va=np.array([.5, np.nan], np.float32),
        gt_landmarks=np.zeros((68, 2), np.float32),
        gt_bboxes=np.array([[0, 0, 5, 6]], np.float32),
        gt_mask=np.eye(6, 5, dtype=np.uint8))  # yapf: disable


def test_everything_reaches_the_data_sample():
    results = full_sample()
    packed = PackFERInputs()(dict(results))
    assert set(packed) == {'inputs', 'data_samples'}
    inputs, sample = packed['inputs'], packed['data_samples']
    assert inputs.dtype == torch.uint8 and inputs.is_contiguous()
    for channel in range(3):
        np.testing.assert_array_equal(inputs[channel],
                                      results['img'][..., channel])
    assert isinstance(sample, FERDataSample) and isinstance(sample, DataSample)
    assert sample.gt_label.tolist() == [3]
    torch.testing.assert_close(sample.gt_score,
                               torch.tensor([.1, .2, .3, .4]))
    assert sample.num_classes == 4
    assert sample.gt_au[:2].tolist() == [0, 1] and sample.gt_au[2].isnan()
    assert sample.gt_va[0] == .5 and sample.gt_va[1].isnan()
    assert sample.gt_landmarks.shape == (68, 2)
    np.testing.assert_array_equal(sample.gt_mask, np.eye(6, 5))
    assert sample.sample_idx == 12 and sample.img_path == 'd.png'
    assert sample.subject == 'S005' and sample.flip is True
    assert sample.source_set == 'samm'
    assert sample.ori_shape == (48, 48) and sample.img_shape == (6, 5)
    assert sample.align == dict(recipe='rafdb100')
    assert sample.ambiguity == .5
    np.testing.assert_array_equal(sample.affine, np.eye(3)[:2])
    assert set(sample.metainfo_keys()) == {*PackFERInputs.META_KEYS,
                                           'num_classes'}
    assert 'votes' not in sample and 'gt_bboxes' not in sample


def test_only_the_image_is_required():
    sample = PackFERInputs()(dict(
        img=np.zeros((4, 4, 3), np.uint8)))['data_samples']
    assert not list(sample.all_keys())


def test_meta_keys_are_a_choice():
    sample = PackFERInputs(meta_keys=('votes', 'absent'))(
        full_sample())['data_samples']
    assert 'img_path' not in sample and 'absent' not in sample
    assert sample.votes.tolist() == list(range(10))


@pytest.mark.parametrize('label', [2, np.int64(2), np.uint8(2)], ids=repr)
def test_any_integer_is_a_label(label):
    results = dict(img=np.zeros((4, 4, 3), np.uint8), gt_label=label)
    assert PackFERInputs()(results)['data_samples'].gt_label.tolist() == [2]


def test_views_are_packed_right():
    img = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    view = img[1:5, 2:6]
    packed = PackFERInputs()(dict(img=view))['inputs']
    np.testing.assert_array_equal(packed, view.transpose(2, 0, 1))
    packed = PackFERInputs()(dict(img=img[:, ::-1]))['inputs']
    np.testing.assert_array_equal(packed, img[:, ::-1].transpose(2, 0, 1))


def test_batches_and_worker_transfer():
    packed = [PackFERInputs()(full_sample()) for _ in range(2)]
    assert default_collate(packed)['inputs'].shape == (2, 3, 6, 5)
    assert len(pseudo_collate(packed)['data_samples']) == 2
    copy = pickle.loads(pickle.dumps(packed[0]['data_samples']))
    assert copy.gt_label.tolist() == [3] and copy.subject == 'S005'


BAD_ANNOTATIONS = {
    'label-text': (dict(gt_label='happy'), 'gt_label'),
    'label-float': (dict(gt_label=1.), 'gt_label'),
    'label-bool': (dict(gt_label=True), 'gt_label'),
    'label-negative': (dict(gt_label=-1), 'gt_label'),
    'label-none': (dict(gt_label=None), 'gt_label'),
    'label-beyond-score': (dict(gt_label=4), 'gt_label does not fit'),
    'score-nan': (dict(gt_score=[.5, np.nan, .2, .3]), 'gt_score'),
    'score-infinite': (dict(gt_score=[.5, np.inf, .2, .3]), 'gt_score'),
    'score-negative': (dict(gt_score=[.5, -.1, .3, .3]), 'gt_score'),
    'score-matrix': (dict(gt_score=np.ones((1, 4))), 'gt_score'),
    'score-text': (dict(gt_score=['a', 'b', 'c', 'd']), 'gt_score'),
    'va-out-of-range': (dict(gt_va=[-2., .5]), 'gt_va'),
    'va-three': (dict(gt_va=[0., .5, .1]), 'gt_va'),
    'au-matrix': (dict(gt_au=np.zeros((2, 3))), 'gt_au'),
    'au-text': (dict(gt_au='AU12'), 'gt_au'),
    'landmarks-flat': (dict(gt_landmarks=np.zeros(136)), 'gt_landmarks'),
    'mask-size': (dict(gt_mask=np.zeros((5, 6), np.uint8)), 'gt_mask'),
}


@pytest.mark.parametrize('kind', BAD_ANNOTATIONS)
def test_bad_annotation(kind):
    change, words = BAD_ANNOTATIONS[kind]
    with pytest.raises(AnnotationError, match=f'd.png: {words}.*Hint'):
        PackFERInputs()({**full_sample(), **change})


def test_bad_image_missing():
    with pytest.raises(KeyError, match='LoadFERImage'):
        PackFERInputs()(dict(gt_label=1))


@pytest.mark.parametrize('img, error', [
    (np.zeros((4, 4, 3), np.float32), TypeError),
    (np.zeros((4, 4), np.uint8), ValueError),
    (np.zeros((4, 4, 4), np.uint8), ValueError),
    (None, TypeError),
], ids=['float', 'grey', 'alpha', 'none'])  # yapf: disable
def test_bad_image(img, error):
    with pytest.raises(error, match='img must'):
        PackFERInputs()(dict(img=img))


def test_bad_meta_keys():
    with pytest.raises(TypeError, match='sequence of names'):
        PackFERInputs(meta_keys='img_path')
