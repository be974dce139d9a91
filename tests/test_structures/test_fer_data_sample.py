# Copyright (c) mmfer contributors.
import copy
import pickle
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpretrain.evaluation import Accuracy
from mmpretrain.models import LinearClsHead
from mmpretrain.structures import DataSample
from mmpretrain.visualization import UniversalVisualizer
from torch.utils.data import DataLoader, Dataset

from mmfer.structures import FERDataSample

LANDMARKS = [[1, 2], [3.5, np.nan]]


def full_sample() -> FERDataSample:
    sample = FERDataSample(metainfo=dict(img_path='a.png', sample_idx=7))
    sample.set_gt_label(3).set_gt_score(np.eye(7, dtype=np.float32)[3])
    sample.set_gt_au([1, 0, np.nan]).set_gt_va((0.5, np.nan))
    sample.set_gt_landmarks(LANDMARKS).set_pred_landmarks(np.ones((2, 2)))
    sample.set_pred_au(torch.zeros(3)).set_pred_va([0.1, 0.2])
    return sample.set_pred_confidence(0.25)


def assert_same(one, other):
    assert type(one) is type(other) is FERDataSample
    assert set(one.all_keys()) == set(other.all_keys())
    assert one.metainfo == other.metainfo
    for key, value in one.items():
        if isinstance(value, torch.Tensor):
            assert value.dtype == other.get(key).dtype
            torch.testing.assert_close(value, other.get(key), rtol=0, atol=0,
                                       equal_nan=True)
        else:
            assert value == other.get(key)


def test_fields():
    sample = full_sample()
    assert isinstance(sample, DataSample)
    shapes = dict(gt_au=(3, ), gt_va=(2, ), gt_landmarks=(2, 2),
                  pred_landmarks=(2, 2), pred_au=(3, ), pred_va=(2, ),
                  pred_confidence=())
    for name, shape in shapes.items():
        value = sample.get(name)
        assert value.dtype == torch.float32 and tuple(value.shape) == shape
        assert name in sample.keys() and name not in sample.metainfo_keys()
    np.testing.assert_array_equal(sample.gt_landmarks.numpy(),
                                  np.array(LANDMARKS, np.float32))
    assert sample.gt_label.tolist() == [3]


def test_unknown_is_absent_or_nan():
    sample = FERDataSample().set_gt_label(0)
    for name in ('gt_au', 'gt_va', 'gt_landmarks', 'pred_confidence'):
        assert name not in sample
    assert torch.isnan(full_sample().gt_va[1])
    assert FERDataSample().set_gt_au([]).gt_au.shape == (0, )


@pytest.mark.parametrize('field, value, match', [
    ('gt_va', [0.1], r'gt_va must have shape \(2,\), got \(1,\)'),
    ('gt_va', [0.1, 0.2, 0.3], r'got \(3,\)'),
    ('gt_va', [1.01, 0], r'\[-1, 1\].*1.0'),
    ('gt_va', [0, -2], r'-2.0'),
    ('gt_va', [np.inf, 0], 'inf'),
    ('gt_au', [[1, 0]], r"gt_au must have shape \('any',\), got \(1, 2\)"),
    ('gt_au', 1, r'got \(\)'),
    ('gt_landmarks', [1, 2, 3, 4], r'gt_landmarks.*\(4,\)'),
    ('gt_landmarks', [[1, 2, 3]], r'\(1, 3\)'),
    ('pred_au', np.zeros((2, 2)), r'pred_au.*\(2, 2\)'),
    ('pred_va', [1], r'pred_va.*\(1,\)'),
    ('pred_landmarks', [[1]], r'pred_landmarks.*\(1, 1\)'),
    ('pred_confidence', [0.5], r'pred_confidence.*\(1,\)'),
], ids=['one value', 'three values', 'valence above 1', 'marker -2',
        'infinite', 'au of a batch', 'au scalar', 'flat landmarks',
        'landmarks in 3D', 'predicted au', 'predicted va',
        'predicted landmarks', 'confidence vector'])
def test_bad_values(field, value, match):
    sample = FERDataSample()
    with pytest.raises(ValueError, match=match):
        getattr(sample, f'set_{field}')(value)
    assert field not in sample


def test_linear_head():
    """MMPretrain's own head trains on and predicts into our samples."""
    torch.manual_seed(0)
    head = LinearClsHead(num_classes=7, in_channels=5)
    feats = (torch.randn(4, 5), )
    samples = [FERDataSample().set_gt_label(i) for i in (0, 3, 6, 3)]
    loss = head.loss(feats, samples)['loss']
    scores = head.fc(feats[-1])
    expected = torch.nn.functional.cross_entropy(
        scores, torch.tensor([0, 3, 6, 3]))
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert head.fc.weight.grad.abs().sum() > 0
    predicted = head.predict(feats, samples)
    for sample, score in zip(predicted, scores.softmax(1)):
        assert type(sample) is FERDataSample
        torch.testing.assert_close(sample.pred_score, score)
        assert sample.pred_label.item() == score.argmax()


def test_linear_head_with_distributions():
    torch.manual_seed(0)
    head = LinearClsHead(7, 5, loss=dict(type='CrossEntropyLoss',
                                         use_soft=True))
    feats = (torch.randn(3, 5), )
    shares = torch.rand(3, 7).softmax(1)
    samples = [FERDataSample().set_gt_label(0).set_gt_score(s)
               for s in shares]
    loss = head.loss(feats, samples)['loss']
    expected = -(shares * head.fc(feats[-1]).log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss, expected)


def test_accuracy():
    predicted, truth = [0, 3, 2, 6], [0, 3, 3, 1]
    samples = []
    for label, true in zip(predicted, truth):
        sample = full_sample().set_gt_label(true)
        sample.set_pred_score(torch.eye(7)[label]).set_pred_label(label)
        samples.append(sample.to_dict())
    metric = Accuracy(topk=(1, ))
    metric.process(None, samples)
    assert metric.evaluate(4) == {'accuracy/top1': 50.0}


def test_visualizer(tmp_path):
    init_default_scope('mmpretrain')
    visualizer = UniversalVisualizer(
        vis_backends=[dict(type='LocalVisBackend')], save_dir=str(tmp_path))
    sample = full_sample()
    sample.set_pred_score(torch.eye(7)[3]).set_pred_label(3)
    image = np.zeros((96, 96, 3), np.uint8)
    drawn = visualizer.visualize_cls(
        image, sample, classes=list('abcdefg'),
        out_file=str(tmp_path / 'out.png'))
    assert drawn.shape == image.shape and drawn.any()
    assert (tmp_path / 'out.png').stat().st_size > 0


def test_pickle_and_copy():
    sample = full_sample()
    assert_same(sample, pickle.loads(pickle.dumps(sample)))
    assert_same(sample, copy.deepcopy(sample))
    clone = sample.clone()
    clone.set_gt_label(5)
    assert sample.gt_label.item() == 3


def test_no_file_descriptor_travels():
    """Between processes tensors go as bytes, so anyone can load them."""
    sent = bytes(ForkingPickler.dumps(full_sample()))
    assert b'rebuild_storage' not in sent
    received = pickle.loads(sent)
    assert_same(full_sample(), received)
    received.gt_va[0] = 0  # writable
    received.set_gt_au([1])
    assert received.gt_au.tolist() == [1]


class Samples(Dataset):

    def __len__(self):
        return 6

    def __getitem__(self, idx):
        return full_sample().set_gt_label(idx)


def test_loader_workers():
    loader = DataLoader(Samples(), 4, num_workers=1, collate_fn=list)
    received = [sample for batch in loader for sample in batch]
    assert [s.gt_label.item() for s in received] == list(range(6))
    for i, sample in enumerate(received):
        assert_same(sample, full_sample().set_gt_label(i))
